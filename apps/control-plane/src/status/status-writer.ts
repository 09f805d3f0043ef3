import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { Clock } from '#libs/clock';
import { Controller, ReconcileError, type ControllerOptions, type MergedConditions } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import type { ObjectCache } from '../cache/object-cache.js';
import type { CacheKey } from '../cache/cache-update.js';
import type { LeaderElection } from '../leader/leader-election.js';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectStore, ObjectWrite } from '../store/object-store.js';

export interface StatusWriterOptions {
  readonly cache: Pick<ObjectCache, 'get'>;
  readonly kinds: readonly KindDefinition[];
  /** What an object's conditions should be; undefined: nothing can be said of it yet. */
  readonly conditionsOf: (object: ApiObject) => MergedConditions | undefined;
  readonly leader: Pick<LeaderElection, 'current'>;
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
}

/** Each transaction takes the one counter of all writers for its commit: many small ones would crowd out everyone's. */
const FLUSH_EVERY_MS = 100;
/** People's writes to an object wait while a transaction holds its lock, so one must not hold all of them. */
const MOST_WRITES = 500;
/** Of the objects in one transaction, as JSON: a key pool may have ten thousand keys, and each is written whole, twice. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** Objects looked at before others get their turn: few of those that were added may need a write. */
const LOOKS_AT_ONCE = 500;

/**
 * Writes conditions in batches, on the leader only: one transaction a flush, at most one flush in 100 ms, the first at
 * once. What is stored at that moment is asked for anew, with its uid and generation: whatever nothing can be said of is
 * left as it is, since the change that made it so brings the object here again. A batch
 * that fails comes back in halves, so that an object that can't be written doesn't stop the others for long.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #controller: Controller<'flush'>;
  /** In the order in which they were added. */
  readonly #waiting = new Set<CacheKey>();
  #mostWrites = MOST_WRITES;
  #flushedAtMs = -Infinity;

  constructor(options: StatusWriterOptions) {
    const { clock, random, logger, count } = options;
    this.#options = options;
    this.#controller = new Controller({
      reconcile: () => this.#flush(),
      concurrency: 1,
      clock,
      delays: { baseMs: FLUSH_EVERY_MS, maxMs: 30_000, random },
      count,
      onError: (_, error, __, failures) =>
        logger.warn({ err: error, waiting: this.#waiting.size, failures }, 'status not written; trying again'),
    });
  }

  start(): void {
    this.#controller.start();
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  /** Looks at the object of this key with the next flush. */
  add(key: CacheKey): void {
    this.#waiting.add(key);
    this.#controller.add('flush');
  }

  async #flush(): Promise<{ requeueAfterMs: number } | undefined> {
    const { leader, store, clock } = this.#options;
    const waitMs = this.#flushedAtMs + FLUSH_EVERY_MS - clock.nowMs();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    // Taken once: what was chosen in one term must not be written in the name of a later one, or of none.
    const leadership = leader.current;
    if (!leadership) {
      // Whoever leads next looks at all objects.
      this.#waiting.clear();
      return undefined;
    }
    const batch = await this.#take();
    if (batch.size === 0) return undefined;
    this.#flushedAtMs = clock.nowMs();
    try {
      await store.commit([...batch.values()], controlPlaneOrigin, { leadership });
    } catch (error) {
      for (const key of batch.keys()) this.#waiting.add(key);
      this.#mostWrites = Math.max(1, Math.floor(batch.size / 2));
      throw new ReconcileError('the status could not be written', { cause: error });
    }
    this.#mostWrites = Math.min(MOST_WRITES, this.#mostWrites * 2);
    return this.#waiting.size > 0 ? { requeueAfterMs: FLUSH_EVERY_MS } : undefined;
  }

  /** Up to a batch of those that wait and have something to write. */
  async #take(): Promise<Map<CacheKey, ObjectWrite>> {
    const batch = new Map<CacheKey, ObjectWrite>();
    let looks = 0;
    let characters = 0;
    for (const key of this.#waiting) {
      if (batch.size >= this.#mostWrites || characters >= MOST_CHARACTERS) break;
      this.#waiting.delete(key);
      const object = this.#options.cache.get(key);
      const write = object && this.#writeUnlessItThrows(key, object, batch);
      if (write) {
        batch.set(key, write);
        characters += JSON.stringify(object).length;
      }
      looks += 1;
      if (looks % LOOKS_AT_ONCE === 0) await new Promise<void>((resolve) => void this.#options.clock.after(0, resolve));
    }
    return batch;
  }

  /** The object at which it throws is left out until it comes again; those that were taken before it wait on. */
  #writeUnlessItThrows(
    key: CacheKey,
    object: ApiObject,
    taken: ReadonlyMap<CacheKey, ObjectWrite>,
  ): ObjectWrite | undefined {
    try {
      return this.#writeOf(object);
    } catch (error) {
      for (const other of taken.keys()) this.#waiting.add(other);
      throw new Error(`the conditions of ${key} could not be made`, { cause: error });
    }
  }

  #writeOf(object: ApiObject): ObjectWrite | undefined {
    const { kinds, conditionsOf } = this.#options;
    const kind = kinds.find((each) => each.kind === object.kind);
    if (!kind || !conditionsOf(object)?.changed) return undefined;
    const { namespace = '', name } = object.metadata;
    return {
      key: { kind, namespace, name },
      verb: 'update',
      subresource: 'status',
      ifPresent: true,
      mutate: (stored) => this.#withConditions(stored),
    };
  }

  #withConditions(stored: ApiObject | undefined): ApiObject | undefined {
    if (!stored) return stored;
    const merged = this.#options.conditionsOf(stored);
    if (!merged?.changed) return stored;
    // A list or a text that someone stored there has nothing to keep.
    const others = isRecord(stored.status) ? stored.status : {};
    return { ...stored, status: { ...others, conditions: merged.conditions } };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
