import { objectId, rollup, type Fleet } from '#libs/compiler';
import type { Timers } from '#libs/clock';
import {
  Controller,
  mergeConditions,
  ReconcileError,
  type ControllerOptions,
  type MergeableCondition,
} from '#libs/reconcile';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import type { LeaderElection } from '../leader/leader-election.js';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectStore } from '../store/object-store.js';
import type { CompileVerdicts } from '../compile/compile-verdicts.js';
import type { CacheKey, CacheUpdate, ObjectCache } from '../cache/object-cache.js';

export interface StatusControllerOptions {
  readonly cache: ObjectCache;
  readonly kinds: readonly KindDefinition[];
  readonly verdicts: CompileVerdicts;
  readonly fleet: () => Fleet;
  readonly leader: Pick<LeaderElection, 'current'>;
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly timers: Timers;
  readonly random: () => number;
  /** RFC 3339, whole seconds. */
  readonly now: () => string;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
}

const WRITES_AT_ONCE = 4;
/** Data planes acknowledge a table one after the other: what comes within this time is one look at all objects. */
const SWEEP_AFTER_MS = 50;
/** Objects looked at before others get their turn: a look takes about a microsecond, and there may be 100,000. */
const SWEEP_SLICE = 500;

/**
 * Writes conditions, on the leader only. Each write names the uid, the generation and the leader's epoch that it is
 * about, and is merged into what is stored at that moment: whatever no longer fits is dropped, since the change that
 * made it so brings the object here again. Equal conditions write nothing.
 */
export class StatusController {
  private readonly controller: Controller<CacheKey>;
  private readonly sweeper: Controller<'all'>;
  private readonly keys = new Map<string, CacheKey>();

  constructor(private readonly options: StatusControllerOptions) {
    const { timers, random, logger, count } = options;
    this.controller = new Controller({
      reconcile: (key) => this.write(key),
      concurrency: WRITES_AT_ONCE,
      timers,
      delays: { baseMs: 100, maxMs: 30_000, random },
      count,
      onError: (key, error, _, failures) =>
        logger.warn({ err: error, object: key, failures }, 'status not written; trying again'),
    });
    this.sweeper = new Controller({
      reconcile: () => this.sweep(),
      concurrency: 1,
      timers,
      delays: { baseMs: 100, maxMs: 30_000, random },
      count: () => {},
      onError: (_, error) => logger.warn({ err: error }, 'conditions not looked at; trying again'),
    });
    options.cache.onUpdate((update) => this.take(update));
  }

  start(): void {
    this.controller.start();
    this.sweeper.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.sweeper.stop(), this.controller.stop()]);
  }

  /** Looks at these objects (see `objectId`), whose verdicts changed. */
  review(ids: Iterable<string>): void {
    for (const id of ids) {
      const key = this.keys.get(id);
      if (key !== undefined) this.controller.add(key);
    }
  }

  /** Looks, soon, at every object whose conditions, as they are cached, are not what they should be. */
  reviewAll(): void {
    this.sweeper.addAfter('all', SWEEP_AFTER_MS);
  }

  /** Someone else may have written a status, and a generation that was compiled may be the stored one only now. */
  private take({ changes }: CacheUpdate): void {
    for (const { key, object, previous } of changes) {
      if (previous && !object) this.keys.delete(objectId(previous));
      if (!object) continue;
      this.keys.set(objectId(object), key);
      this.controller.add(key);
    }
  }

  private async sweep(): Promise<undefined> {
    const { cache, leader, timers } = this.options;
    let looked = 0;
    for (const [key, object] of cache.entries()) {
      if (!leader.current) return;
      if (this.desired(object)?.changed) this.controller.add(key);
      looked += 1;
      if (looked % SWEEP_SLICE === 0) await new Promise<void>((resolve) => void timers.after(0, resolve));
    }
  }

  private async write(key: CacheKey): Promise<undefined> {
    const { cache, kinds, leader, store } = this.options;
    const object = cache.get(key);
    const leadership = leader.current;
    if (!object || !leadership || !this.desired(object)?.changed) return;
    const kind = kinds.find((each) => each.kind === object.kind);
    if (!kind) return;
    const { namespace = '', name } = object.metadata;
    const mutate = (stored: ApiObject | undefined) => this.withConditions(stored, object);
    try {
      await store.commit(
        [{ key: { kind, namespace, name }, verb: 'update', subresource: 'status', mutate }],
        controlPlaneOrigin,
        { leadership },
      );
    } catch (error) {
      // Gone meanwhile: there is no status to write. Anything else comes back.
      if ((error as { code?: unknown }).code === 404) return;
      throw new ReconcileError('the status could not be written', { cause: error });
    }
  }

  private withConditions(stored: ApiObject | undefined, read: ApiObject): ApiObject | undefined {
    if (!stored || !sameGeneration(stored, read)) return stored;
    const merged = this.desired(stored);
    return merged?.changed ? { ...stored, status: { ...stored.status, conditions: merged.conditions } } : stored;
  }

  private desired(object: ApiObject) {
    const { verdicts, fleet, now } = this.options;
    const compiled = verdicts.of(object);
    // The verdicts of an earlier generation were written in their time; this one's are on their way.
    if (compiled?.[0]?.observedGeneration !== (object.metadata.generation ?? 1)) return undefined;
    const conditions = rollup({ compiled, compiledRevision: verdicts.compiledRevision(object), fleet: fleet() });
    return mergeConditions((object.status?.['conditions'] ?? []) as MergeableCondition[], conditions, now());
  }
}

function sameGeneration(stored: ApiObject, read: ApiObject): boolean {
  return stored.metadata.uid === read.metadata.uid && stored.metadata.generation === read.metadata.generation;
}
