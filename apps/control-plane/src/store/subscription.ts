import type { Change } from './object-store.js';

/** One subscriber: where it stands, and what it is told. Hands out each change once, in order, whatever it is given. */
export class Subscription {
  #position: number;
  #closed = false;

  constructor(
    afterRevision: number,
    private readonly onTransaction: (changes: readonly Change[]) => void,
    private readonly onEnd: (error: Error) => void,
  ) {
    this.#position = afterRevision;
  }

  get position(): number {
    return this.#position;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A transaction that straddles the position (a client resumed within it) is handed out from there on. */
  deliver(transaction: readonly Change[]): void {
    const lastRevision = transaction[0]?.lastRevision ?? 0;
    if (this.#closed || lastRevision <= this.#position) return;
    const unseen = transaction.filter((change) => change.revision > this.#position);
    this.#position = lastRevision;
    if (unseen.length === 0) return;
    try {
      this.onTransaction(unseen);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Up to here there was nothing to hand out. */
  skipTo(revision: number): void {
    this.#position = Math.max(this.#position, revision);
  }

  end(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.onEnd(error);
    } catch {
      // It has heard of the end, and there is nobody else to tell. The other subscribers are owed what is being handed out.
    }
  }

  close(): void {
    this.#closed = true;
  }
}
