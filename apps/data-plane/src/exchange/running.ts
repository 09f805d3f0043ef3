import type { Exchange } from './exchange.js';

/**
 * The requests that have started and not finished: a list that links them to each other. Not a Set: V8 rehashes one as
 * its entries come and go, and each outgrown table, once in the old generation, keeps its successor and the requests in
 * it from the cheap collection. With a Set here half of all finished requests survived into the old generation, which
 * cost more than the whole rest of the pipeline.
 */
export class RunningExchanges implements Iterable<Exchange> {
  private first: Exchange | undefined = undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(exchange: Exchange): void {
    exchange.next = this.first;
    if (this.first !== undefined) this.first.previous = exchange;
    this.first = exchange;
    this.count += 1;
  }

  /** Once for each that was added. */
  remove(exchange: Exchange): void {
    if (exchange.previous === undefined) this.first = exchange.next;
    else exchange.previous.next = exchange.next;
    if (exchange.next !== undefined) exchange.next.previous = exchange.previous;
    exchange.next = undefined;
    exchange.previous = undefined;
    this.count -= 1;
  }

  /** The one that was yielded may be removed before the next is asked for. */
  *[Symbol.iterator](): Iterator<Exchange> {
    for (let exchange = this.first; exchange !== undefined;) {
      const { next }: Exchange = exchange;
      yield exchange;
      exchange = next;
    }
  }
}
