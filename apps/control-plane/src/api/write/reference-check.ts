import { type ApiObject, type KindDefinition } from '#libs/apimachinery';
import { kindOf, type ObjectChange, type ObjectView, referenceWarnings } from '#libs/resources';
import type { CacheKey } from '../../cache/cache-update.js';
import { cacheKey, type ObjectCache } from '../../cache/object-cache.js';
import type { ReferenceIndex } from '../../cache/reference-index.js';

/** The cache follows the database by milliseconds; a warning is not worth more waiting than this. */
const CATCH_UP_MS = 1_000;

/** A guess at what was meant looks at every object there is, on the thread that serves everyone; more than this nobody reads. */
const MOST_GUESSES = 20;

/** What writes leave without a hold, as the cache shows it with the writes put in. */
export class ReferenceCheck {
  readonly #cache: Pick<ObjectCache, 'get' | 'entries' | 'reached'>;
  readonly #index: Pick<ReferenceIndex, 'referrersOf' | 'targetsOf'>;

  constructor(
    cache: Pick<ObjectCache, 'get' | 'entries' | 'reached'>,
    index: Pick<ReferenceIndex, 'referrersOf' | 'targetsOf'>,
  ) {
    this.#cache = cache;
    this.#index = index;
  }

  /**
   * In the order of `changes`. `revision`: of the store when they were made. What seems to be missing may only be on its way
   * into the cache, so it is looked at again once the cache is as far; what is well costs no waiting.
   */
  async warningsOf(changes: readonly ObjectChange[], revision: number): Promise<readonly (readonly string[])[]> {
    const look = () => {
      const view = this.#viewWith(changes);
      return changes.map((change) => referenceWarnings(change, view));
    };
    const first = look();
    if (first.every((texts) => texts.length === 0)) return first;
    await this.#cache.reached(revision, CATCH_UP_MS);
    return look();
  }

  #viewWith(changes: readonly ObjectChange[]): ObjectView {
    const changed = new Map<CacheKey, ApiObject | undefined>();
    for (const { before, after } of changes) {
      const object = after ?? before;
      const kind = object && kindOf(object.apiVersion, object.kind);
      if (kind) changed.set(keyOf(kind, object), after);
    }
    const get = (key: CacheKey) => (changed.has(key) ? changed.get(key) : this.#cache.get(key));
    let guesses = 0;
    return {
      get: (kind, namespace, name) => get(cacheKey(kind, namespace, name)),
      names: (kind, namespace) => (guesses++ < MOST_GUESSES ? this.#names(kind, namespace) : []),
      referrers: (kind, namespace, name) => this.#referrers(cacheKey(kind, namespace, name), get),
    };
  }

  /** Some that the index knows have changed since, or go with the same write. */
  *#referrers(target: CacheKey, get: (key: CacheKey) => ApiObject | undefined): Iterable<ApiObject> {
    for (const key of this.#index.referrersOf(target)) {
      const object = get(key);
      const kind = object && kindOf(object.apiVersion, object.kind);
      if (kind && this.#index.targetsOf(kind, object).has(target)) yield object;
    }
  }

  *#names(kind: KindDefinition, namespace: string): Iterable<string> {
    const start = cacheKey(kind, namespace, '');
    for (const [key] of this.#cache.entries()) if (key.startsWith(start)) yield key.slice(start.length);
  }
}

const keyOf = (kind: KindDefinition, { metadata }: ApiObject): CacheKey =>
  cacheKey(kind, metadata.namespace ?? '', metadata.name);
