import type { Clock } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import { type ApiObject, apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import { MAX_TRACE_PARENTS } from '#libs/control-protocol';
import { CacheListener } from './cache-listener.js';
import type { CacheChange, CacheKey, CacheUpdate } from './cache-update.js';
import type { Change, ChangeFeed, ObjectStore } from '../store/object-store.js';
import { sealedReason } from '../store/sealed-object.js';

export function cacheKey(kind: KindDefinition, namespace: string, name: string): CacheKey {
  return `${apiVersionOf(kind)}/${kind.kind}/${namespace}/${name}`;
}

export interface ObjectCacheOptions {
  readonly store: Pick<ObjectStore, 'snapshot'>;
  readonly feed: ChangeFeed;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** A listener that threw is not called again at once: what it stumbled over may need a moment. */
const CATCH_UP_AFTER_MS = 100;

/**
 * All objects as of one log position: a consistent snapshot first, then whole transactions from the feed. When the feed
 * ends for any reason (a gap, a compacted revision, a lost database) it lists again, and tells its listeners
 * the difference, so none of them needs to know.
 */
export class ObjectCache {
  private readonly objects = new Map<CacheKey, ApiObject>();
  private readonly listeners: CacheListener[] = [];
  private readonly relist: Controller<'relist'>;
  private readonly catchUps: Controller<CacheListener>;
  private subscription: { close(): void } | undefined;
  private position: number | undefined;
  private readonly awaited = new Set<(position: number) => void>();

  constructor(private readonly options: ObjectCacheOptions) {
    this.relist = new Controller({
      reconcile: () => this.list(),
      concurrency: 1,
      clock: options.clock,
      delays: { baseMs: 100, maxMs: 5_000, random: options.random },
      count: () => {},
      onError: (_, error) => options.logger.warn({ err: error }, 'the objects cannot be listed; trying again'),
    });
    this.catchUps = new Controller({
      reconcile: async (listener) => {
        listener.catchUp();
        return undefined;
      },
      concurrency: 1,
      clock: options.clock,
      delays: { baseMs: 100, maxMs: 30_000, random: options.random },
      count: () => {},
      onError: (_, error, __, failures) =>
        options.logger.error({ err: error, failures }, 'a change could not be taken in; trying again'),
    });
  }

  /** undefined: the first snapshot has not been read yet. */
  get revision(): number | undefined {
    return this.position;
  }

  /** Resolves once the cache stands at that log position or after it; `false` if it doesn't within `withinMs`. */
  reached(revision: number, withinMs: number): Promise<boolean> {
    if ((this.position ?? -1) >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        cancel();
        this.awaited.delete(check);
        resolve(reached);
      };
      const cancel = this.options.clock.after(withinMs, () => settle(false));
      const check = (position: number): void => {
        if (position >= revision) settle(true);
      };
      this.awaited.add(check);
    });
  }

  get(key: CacheKey): ApiObject | undefined {
    return this.objects.get(key);
  }

  entries(): Iterable<[CacheKey, ApiObject]> {
    return this.objects.entries();
  }

  /**
   * Listeners are called in the order in which they came, synchronously, with the cache already up to date. One that
   * throws gets the same changes again, and keeps them from no other.
   */
  onUpdate(listener: (update: CacheUpdate) => void): void {
    this.listeners.push(new CacheListener(listener));
  }

  /** The first snapshot arrives as an update like any other. */
  start(): void {
    this.catchUps.start();
    this.relist.start();
    this.relist.add('relist');
  }

  /** Once a key has come that was missing: reads anew, if there are objects that didn't decrypt. */
  openSealed(): void {
    if ([...this.objects.values()].some((object) => sealedReason(object) !== undefined)) this.relist.add('relist');
  }

  async stop(): Promise<void> {
    this.subscription?.close();
    await Promise.all([this.relist.stop(), this.catchUps.stop()]);
    this.subscription?.close();
  }

  private async list(): Promise<undefined> {
    const { store, feed, kinds, logger } = this.options;
    this.subscription?.close();
    try {
      const { objects, revision } = await store.snapshot(kinds);
      this.replace(objects, revision);
      this.subscription = await feed.subscribe(
        revision,
        (changes) => this.follow(changes),
        (error) => {
          logger.warn({ err: error }, 'the change feed ended; listing again');
          this.relist.add('relist');
        },
      );
    } catch (error) {
      throw new ReconcileError('listing or following the objects failed', { cause: error });
    }
  }

  private replace(objects: readonly ApiObject[], revision: number): void {
    const fresh = new Map<CacheKey, { kind: KindDefinition; object: ApiObject }>();
    for (const object of objects) {
      const kind = this.kindOf(object);
      if (kind) fresh.set(cacheKey(kind, object.metadata.namespace ?? '', object.metadata.name), { kind, object });
    }
    const changes: CacheChange[] = [];
    for (const [key, previous] of this.objects) {
      const kind = this.kindOf(previous);
      if (kind && !fresh.has(key)) changes.push({ key, kind, object: undefined, previous, statusOnly: false });
    }
    for (const [key, { kind, object }] of fresh) {
      const previous = this.objects.get(key);
      const sameVersion = previous?.metadata.resourceVersion === object.metadata.resourceVersion;
      if (sameVersion && sealedReason(previous) === sealedReason(object)) continue;
      changes.push({ key, kind, object, previous, statusOnly: false });
    }
    this.publish({ revision, changes, traceParents: [] });
  }

  private follow(rows: readonly Change[]): void {
    const changes = rows.map(({ kind, namespace, name, type, object, previous, subresource }): CacheChange => ({
      key: cacheKey(kind, namespace, name),
      kind,
      object: type === 'DELETED' ? undefined : object,
      previous,
      statusOnly: subresource === 'status',
    }));
    const traceParents = [...new Set(rows.flatMap(({ traceParent }) => traceParent || []))];
    const revision = rows.at(-1)!.lastRevision;
    this.publish({ revision, changes, traceParents: traceParents.slice(0, MAX_TRACE_PARENTS) });
  }

  private publish(update: CacheUpdate): void {
    for (const { key, object } of update.changes) {
      if (object) this.objects.set(key, object);
      else this.objects.delete(key);
    }
    this.position = update.revision;
    for (const listener of this.listeners) this.deliver(update, listener);
    for (const check of this.awaited) check(update.revision);
  }

  private deliver(update: CacheUpdate, listener: CacheListener): void {
    try {
      listener.deliver(update);
    } catch (error) {
      this.options.logger.error(
        { err: error, revision: update.revision },
        'a change could not be taken in; trying again',
      );
      this.catchUps.addAfter(listener, CATCH_UP_AFTER_MS);
    }
  }

  private kindOf({ apiVersion, kind }: ApiObject): KindDefinition | undefined {
    return this.options.kinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  }
}
