import { type ApiObject, conflict, type KindDefinition } from '#libs/apimachinery';
import type { Clock } from '#libs/clock';
import {
  Controller,
  type ControllerOptions,
  mergeConditions,
  type ReconcileAnswer,
  ReconcileError,
} from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import type { CacheUpdate } from '../cache/cache-update.js';
import { cacheKey, type ObjectCache } from '../cache/object-cache.js';
import type { LeaderElection } from '../leader/leader-election.js';
import type { Leadership } from '../leader/leadership.js';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectStore, ObjectWrite, Origin, WriteResult } from '../store/object-store.js';
import { namespaceKey, namespaceKind } from './built-in-namespaces.js';
import { isTerminating, withoutContentsFinalizer } from './contents-finalizer.js';
import { type Remaining, remainingConditions } from './remaining-conditions.js';

export interface NamespaceControllerOptions {
  readonly cache: Pick<ObjectCache, 'get' | 'entries' | 'onUpdate'>;
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'commit'>;
  readonly leader: Pick<LeaderElection, 'current' | 'addListener'>;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
  /** Objects that one transaction deletes at most: it holds the revision counter at its end. */
  readonly atOnce?: number;
}

/** In the audit: nobody deleted these objects one by one, somebody deleted their namespace. */
const origin: Origin = { ...controlPlaneOrigin, user: 'system:namespace-controller' };
const NAMESPACES_AT_ONCE = 2;
const AT_ONCE = 1_000;
/** Whatever frees a namespace shows in the cache; this is for what nobody thought of. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Goes on with the deletion of every namespace that is being terminated, on the leader only: deletes what is in it, then,
 * once nothing is left, takes its finalizer off; what holds it meanwhile stands in its conditions. A request merely marks a namespace. What it deletes it names by uid, the
 * namespace included, and in its term only: between a look and a write all of it may be gone and made anew by somebody who
 * wants to keep it.
 */
export class NamespaceController {
  readonly #options: NamespaceControllerOptions;
  readonly #controller: Controller<string>;
  /** Consumers before routes, routes before what they need: nobody is let in to a namespace that is half gone. */
  readonly #kinds: readonly KindDefinition[];

  constructor(options: NamespaceControllerOptions) {
    const { cache, leader, kinds, clock, random, logger, count } = options;
    this.#options = options;
    this.#kinds = kinds.filter(({ namespaced }) => namespaced).reverse();
    this.#controller = new Controller({
      reconcile: (name) => this.#terminate(name),
      concurrency: NAMESPACES_AT_ONCE,
      clock,
      delays: { baseMs: 100, maxMs: 30_000, random },
      count,
      onError: (namespace, error, _, failures) =>
        logger.warn({ err: error, namespace, failures }, 'namespace not terminated; trying again'),
    });
    cache.onUpdate((update) => this.#take(update));
    leader.addListener({ gained: () => this.#reviewAll(), lost: () => {} });
  }

  start(): void {
    this.#controller.start();
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  /** A namespace that was marked, or an object that left one that is. */
  #take({ changes }: CacheUpdate): void {
    for (const { kind, object, previous, statusOnly } of changes) {
      if (kind === namespaceKind) {
        if (object && isTerminating(object) && !statusOnly) this.#controller.add(object.metadata.name);
        continue;
      }
      const name = object ? undefined : previous?.metadata.namespace;
      const namespace = name && this.#options.cache.get(cacheKey(namespaceKind, '', name));
      if (namespace && isTerminating(namespace)) this.#controller.add(namespace.metadata.name);
    }
  }

  #reviewAll(): void {
    for (const [, { kind, metadata }] of this.#options.cache.entries()) {
      if (kind === namespaceKind.kind && metadata.deletionTimestamp !== undefined) this.#controller.add(metadata.name);
    }
  }

  async #terminate(name: string): Promise<ReconcileAnswer> {
    // Taken once: what is decided in this term is written in this term, or not at all.
    const leadership = this.#options.leader.current;
    if (!leadership) return undefined;
    try {
      const namespace = await this.#options.store.get(namespaceKey(name));
      if (!namespace || !isTerminating(namespace)) return undefined;
      for (;;) {
        const contents = await this.#contents(name, (object) => !isTerminating(object));
        if (contents.length === 0) break;
        await this.#delete(namespace, contents, leadership);
      }
      const left = await this.#left(name);
      if (left.length > 0) {
        await this.#report(namespace, left, leadership);
        return { requeueAfterMs: LOOK_AGAIN_MS };
      }
      const { results } = await this.#options.store.commit([finishing(namespace)], origin, { leadership });
      const [{ type, object }] = results as [WriteResult];
      if (type !== 'DELETED') await this.#report(object, left, leadership);
      return undefined;
    } catch (error) {
      throw new ReconcileError(`namespace ${name} could not be terminated`, { cause: error });
    }
  }

  /** Some of what is in the namespace; nothing only if nothing is. */
  async #contents(namespace: string, matches?: (object: ApiObject) => boolean): Promise<ApiObject[]> {
    const limit = this.#options.atOnce ?? AT_ONCE;
    const found: ApiObject[] = [];
    for (const kind of this.#kinds) {
      if (found.length >= limit) break;
      const { items } = await this.#options.store.list(kind, { namespace, matches, limit: limit - found.length });
      found.push(...items);
    }
    return found;
  }

  /** By kind, of those that have anything left. */
  async #left(namespace: string): Promise<Remaining[]> {
    const limit = this.#options.atOnce ?? AT_ONCE;
    const left: Remaining[] = [];
    for (const kind of this.#kinds) {
      const { items, remaining = 0 } = await this.#options.store.list(kind, { namespace, limit });
      if (items.length > 0) left.push({ kind, count: items.length + remaining, objects: items });
    }
    return left;
  }

  /** Says in its conditions what holds it; nothing is written where that is what they say. */
  async #report(namespace: ApiObject, left: readonly Remaining[], leadership: Leadership): Promise<void> {
    const { store, clock } = this.#options;
    const { key, verb, mutate } = stillTerminating(namespace);
    const now = new Date(clock.nowMs()).toISOString();
    const report: ObjectWrite = {
      key,
      verb,
      subresource: 'status',
      mutate: (stored) => {
        const object = mutate(stored)!;
        const at = { now, generation: object.metadata.generation ?? 1 };
        const merged = mergeConditions(object.status?.['conditions'], remainingConditions(object, left), at);
        return merged.changed ? { ...object, status: { ...object.status, conditions: merged.conditions } } : object;
      },
    };
    await store.commit([report], origin, { leadership });
  }

  async #delete(namespace: ApiObject, contents: readonly ApiObject[], leadership: Leadership): Promise<void> {
    const deletions = contents.map((object) => deletion(this.#kindOf(object), object));
    await this.#options.store.commit([...deletions, stillTerminating(namespace)], origin, { leadership });
  }

  #kindOf({ kind }: ApiObject): KindDefinition {
    return this.#kinds.find((each) => each.kind === kind)!;
  }
}

function deletion(kind: KindDefinition, { metadata: { namespace = '', name, uid } }: ApiObject): ObjectWrite {
  return {
    key: { kind, namespace, name },
    verb: 'delete',
    mutate: (stored) => {
      if (stored?.metadata.uid !== uid) throw conflict(kind, name, 'it is not the object that was seen');
      return undefined;
    },
  };
}

/** Changes nothing; refuses all that goes with it if the namespace isn't the one that somebody deleted. */
function stillTerminating({ metadata: { name, uid } }: ApiObject): ObjectWrite {
  return {
    key: namespaceKey(name),
    verb: 'update',
    mutate: (stored) => {
      if (!stored || stored.metadata.uid !== uid || !isTerminating(stored)) {
        throw conflict(namespaceKind, name, 'it is not the namespace that was deleted');
      }
      return stored;
    },
  };
}

function finishing(namespace: ApiObject): ObjectWrite {
  const { key, verb, mutate } = stillTerminating(namespace);
  return { key, verb, mutate: (stored) => withoutContentsFinalizer(mutate(stored)!) };
}
