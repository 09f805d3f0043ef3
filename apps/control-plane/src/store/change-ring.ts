import type { ApiObject } from '#libs/apimachinery';
import { logKey, type LogTransaction } from './log-reader.js';
import type { Change } from './object-store.js';

/** Of a change besides its documents: the frame around them, a place in lists. */
const CHANGE_BYTES = 1_024;

/**
 * The newest transactions, for subscribers that are a little behind. Bounded by the JSON text that was parsed for them:
 * many changes of small objects, few of large ones; but the newest transaction is always kept whole. `start` is the
 * revision after which it holds everything.
 */
export class ChangeRing {
  #transactions: LogTransaction[] = [];
  /** The newest change of each object that is held. */
  readonly #newest = new Map<string, Change>();
  #bytes = 0;
  #start: number;

  constructor(
    start: number,
    private readonly maxBytes: number,
  ) {
    this.#start = start;
  }

  get start(): number {
    return this.#start;
  }

  push(transaction: LogTransaction): void {
    this.#transactions.push(transaction);
    this.#bytes += sizeOf(transaction);
    for (const change of transaction.changes) this.#newest.set(keyOf(change), change);
    let dropped = 0;
    while (this.#bytes > this.maxBytes && dropped < this.#transactions.length - 1) {
      this.#drop(this.#transactions[dropped++]!);
    }
    if (dropped > 0) this.#transactions.splice(0, dropped);
  }

  /** Transactions that end after a revision; `revision` must not be before `start`. */
  after(revision: number): readonly (readonly Change[])[] {
    let [low, high] = [0, this.#transactions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#transactions[middle]?.changes[0]?.lastRevision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#transactions.slice(low).map(({ changes }) => changes);
  }

  /** The object as its newest change left it, if that was at this revision. */
  objectAt(key: string, revision: number): ApiObject | undefined {
    const newest = this.#newest.get(key);
    return newest?.revision === revision ? newest.object : undefined;
  }

  #drop(oldest: LogTransaction): void {
    this.#bytes -= sizeOf(oldest);
    this.#start = oldest.changes[0]?.lastRevision ?? this.#start;
    for (const change of oldest.changes) {
      if (this.#newest.get(keyOf(change)) === change) this.#newest.delete(keyOf(change));
    }
  }
}

const sizeOf = ({ changes, bytes }: LogTransaction): number => bytes + changes.length * CHANGE_BYTES;
const keyOf = ({ kind, namespace, name }: Change): string => logKey(kind.group, kind.kind, namespace, name);
