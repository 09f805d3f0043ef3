import type { Change } from './object-store.js';

/**
 * The newest transactions, for subscribers that are a little behind. Bounded by changes, but the newest transaction is
 * always kept whole. `start` is the revision after which it holds everything.
 */
export class ChangeRing {
  #transactions: (readonly Change[])[] = [];
  #changes = 0;
  #start: number;

  constructor(
    start: number,
    private readonly maxChanges: number,
  ) {
    this.#start = start;
  }

  get start(): number {
    return this.#start;
  }

  push(transaction: readonly Change[]): void {
    this.#transactions.push(transaction);
    this.#changes += transaction.length;
    let dropped = 0;
    while (this.#changes > this.maxChanges && dropped < this.#transactions.length - 1) {
      const oldest = this.#transactions[dropped++] ?? [];
      this.#changes -= oldest.length;
      this.#start = oldest[0]?.lastRevision ?? this.#start;
    }
    if (dropped > 0) this.#transactions.splice(0, dropped);
  }

  /** Transactions that end after a revision; `revision` must not be before `start`. */
  after(revision: number): readonly (readonly Change[])[] {
    let [low, high] = [0, this.#transactions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#transactions[middle]?.[0]?.lastRevision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#transactions.slice(low);
  }
}
