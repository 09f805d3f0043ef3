import type { DelayedAdditions } from './delayed-additions.js';

export interface RetryDelays {
  readonly baseMs: number;
  readonly maxMs: number;
  /** In [0, 1). Half of each delay is random, so that replicas which failed together don't come back together. */
  readonly random: () => number;
}

/** Adds keys that failed again, after base x 2^n, capped, where n counts a key's failures since its last success. */
export class RetryAdditions<Key> {
  private readonly failures = new Map<Key, number>();

  constructor(
    private readonly delayed: Pick<DelayedAdditions<Key>, 'addAfter'>,
    private readonly delays: RetryDelays,
  ) {}

  failed(key: Key): void {
    const failures = this.failuresOf(key);
    this.failures.set(key, failures + 1);
    const { baseMs, maxMs, random } = this.delays;
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
    this.delayed.addAfter(key, (ceilingMs * (1 + random())) / 2);
  }

  succeeded(key: Key): void {
    this.failures.delete(key);
  }

  failuresOf(key: Key): number {
    return this.failures.get(key) ?? 0;
  }
}
