/** Things by the time at which they are due: a binary heap. Times never change in place; a new one is pushed. */
export class DueQueue<Item> {
  private readonly times: number[] = [];
  private readonly items: Item[] = [];

  get size(): number {
    return this.times.length;
  }

  /** Earliest time; Infinity when empty. */
  get earliestMs(): number {
    return this.times[0] ?? Infinity;
  }

  get earliest(): Item | undefined {
    return this.items[0];
  }

  push(timeMs: number, item: Item): void {
    let at = this.times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.times[parent]! <= timeMs) break;
      this.place(at, this.times[parent]!, this.items[parent]!);
      at = parent;
    }
    this.place(at, timeMs, item);
  }

  pop(): void {
    const timeMs = this.times.pop();
    const item = this.items.pop();
    const size = this.times.length;
    if (timeMs === undefined || item === undefined || size === 0) return;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.times[child + 1]! < this.times[child]!) child++;
      if (this.times[child]! >= timeMs) break;
      this.place(at, this.times[child]!, this.items[child]!);
      at = child;
    }
    this.place(at, timeMs, item);
  }

  private place(at: number, timeMs: number, item: Item): void {
    this.times[at] = timeMs;
    this.items[at] = item;
  }
}
