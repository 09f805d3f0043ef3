/** Something that is linked to its neighbours in a list of running ones. */
export interface Linked<Self> {
  next: Self | undefined;
  previous: Self | undefined;
}

/**
 * The requests that have started and not finished: a list that links them to each other. Not a Set: V8 rehashes one as
 * its entries come and go, and each outgrown table, once in the old generation, keeps its successor and the requests in
 * it from the cheap collection. With a Set here half of all finished requests survived into the old generation, which
 * cost more than the whole rest of the pipeline.
 */
export class RunningList<Item extends Linked<Item>> implements Iterable<Item> {
  private first: Item | undefined = undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(item: Item): void {
    item.next = this.first;
    if (this.first !== undefined) this.first.previous = item;
    this.first = item;
    this.count += 1;
  }

  /** Once for each that was added. */
  remove(item: Item): void {
    if (item.previous === undefined) this.first = item.next;
    else item.previous.next = item.next;
    if (item.next !== undefined) item.next.previous = item.previous;
    item.next = undefined;
    item.previous = undefined;
    this.count -= 1;
  }

  /** The one that was yielded may be removed before the next is asked for. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let item = this.first; item !== undefined;) {
      const { next }: Item = item;
      yield item;
      item = next;
    }
  }
}
