import { type ApiObject, type KindDefinition } from '#libs/apimachinery';
import type { CacheKey, CacheUpdate } from './cache-update.js';
import { cacheKey } from './object-cache.js';

/** Who refers to what, kept up with the cache: so that a deletion need not look at every object to find who misses it. */
export class ReferenceIndex {
  readonly #kinds: ReadonlyMap<string, KindDefinition>;
  readonly #targetsOf = new Map<CacheKey, ReadonlySet<CacheKey>>();
  readonly #referrersOf = new Map<CacheKey, Set<CacheKey>>();

  constructor(kinds: readonly KindDefinition[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  /** Keys of the objects that name this one, which need not be there. */
  referrersOf(key: CacheKey): Iterable<CacheKey> {
    return this.#referrersOf.get(key) ?? [];
  }

  /** A listener of the cache. */
  take({ changes }: CacheUpdate): void {
    for (const { key, kind, object, statusOnly } of changes) {
      if (statusOnly || !kind.references) continue;
      for (const target of this.#targetsOf.get(key) ?? []) this.#remove(target, key);
      const targets = object ? this.targetsOf(kind, object) : new Set<CacheKey>();
      if (targets.size === 0) this.#targetsOf.delete(key);
      else this.#targetsOf.set(key, targets);
      for (const target of targets) this.#add(target, key);
    }
  }

  /** What an object names, whether it is in the cache or not. */
  targetsOf(kind: KindDefinition, object: ApiObject): Set<CacheKey> {
    const { namespace = '' } = object.metadata;
    const keys = (kind.references?.(object) ?? []).map((reference) => {
      const target = this.#kinds.get(reference.kind);
      return target && cacheKey(target, namespace, reference.name);
    });
    return new Set(keys.filter((key) => key !== undefined));
  }

  #add(target: CacheKey, referrer: CacheKey): void {
    const referrers = this.#referrersOf.get(target);
    if (referrers) referrers.add(referrer);
    else this.#referrersOf.set(target, new Set([referrer]));
  }

  #remove(target: CacheKey, referrer: CacheKey): void {
    const referrers = this.#referrersOf.get(target);
    referrers?.delete(referrer);
    if (referrers?.size === 0) this.#referrersOf.delete(target);
  }
}
