import type { KeyIndex } from '#libs/routing';
import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import { IdentityMap } from './identity-map.js';

/** Requests in flight of one quota group, whichever table, pool key or model they came through. */
export class KeyLimiter {
  readonly id: string;
  inFlight = 0;
  /** The indexes that choose by this number. */
  readonly watchers = new Set<KeyIndex>();

  constructor(id: string) {
    this.id = id;
  }

  /** Admission is the index's: it offers no key that is at its limit. This only counts. */
  take(): void {
    this.inFlight += 1;
    this.tell();
  }

  release(): void {
    this.inFlight -= 1;
    this.tell();
  }

  private tell(): void {
    for (const index of this.watchers) index.setInFlight(this.id, this.inFlight);
  }
}

export class KeyLimiters {
  readonly byId = new IdentityMap((id) => new KeyLimiter(id));

  of(key: PoolKey): KeyLimiter {
    return this.byId.get(key.limiterId);
  }

  /** As many in flight as there, for imagining. */
  adopt({ limiterId }: PoolKey, from: KeyLimiters): void {
    const other = from.byId.find(limiterId);
    if (other !== undefined) this.byId.get(limiterId).inFlight = other.inFlight;
  }

  /** Tells an index of what is in flight, now and from now on. Only where its choice depends on it. */
  watch(index: KeyIndex, pool: KeyPoolEntry): void {
    for (const key of watchedKeys(pool)) {
      const limiter = this.of(key);
      limiter.watchers.add(index);
      if (limiter.inFlight > 0) index.setInFlight(limiter.id, limiter.inFlight);
    }
  }

  unwatch(index: KeyIndex, pool: KeyPoolEntry): void {
    for (const key of watchedKeys(pool)) this.of(key).watchers.delete(index);
  }
}

/** A quota group is limited as a whole, so one limited key makes its siblings count, too. */
function watchedKeys(pool: KeyPoolEntry): readonly PoolKey[] {
  if (pool.selection === 'LeastInFlight') return pool.keys;
  const limited = new Set(pool.keys.filter((key) => key.maxConcurrency !== undefined).map((key) => key.limiterId));
  return limited.size === 0 ? [] : pool.keys.filter((key) => limited.has(key.limiterId));
}
