import type { Counter, Family } from '#libs/telemetry';
import { type IdentitySeries, OTHER, SeriesByIdentity } from './series-by-identity.js';
import { CountersByLabel, SeriesOfOne } from './series-of-one.js';

/** Keys of a pool with series of their own. */
const MOST_KEYS = 200;

/** The series of one pool's keys. */
export class PoolSeries implements IdentitySeries {
  private readonly keys: SeriesByIdentity<KeySeries>;

  constructor(attempts: Family<Counter>, pool: string) {
    // What many pools share has no key of any of them.
    const most = pool === OTHER ? 0 : MOST_KEYS;
    this.keys = new SeriesByIdentity((key) => new KeySeries(attempts, pool, key), most);
  }

  finished(key: string, outcome: string): void {
    this.keys.of(key).attempts.of(outcome).add(1);
  }

  /** `names`: of the keys that the pool has now. */
  retain(names: ReadonlySet<string>, nowMs: number): void {
    this.keys.retain((key) => names.has(key), nowMs);
  }

  remove(): void {
    this.keys.remove();
  }
}

class KeySeries extends SeriesOfOne {
  readonly attempts: CountersByLabel;

  constructor(attempts: Family<Counter>, pool: string, key: string) {
    super();
    this.attempts = new CountersByLabel((outcome) => this.handle(attempts, pool, key, outcome));
  }
}
