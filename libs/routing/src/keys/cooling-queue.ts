/** Positions by the time at which they come back: a binary heap. Times never change in place; a new one is pushed. */
export class CoolingQueue {
  private readonly times: number[] = [];
  private readonly positions: number[] = [];

  get size(): number {
    return this.times.length;
  }

  /** Earliest time; Infinity when empty. */
  get earliestMs(): number {
    return this.times[0] ?? Infinity;
  }

  get earliest(): number | undefined {
    return this.positions[0];
  }

  push(timeMs: number, position: number): void {
    let at = this.times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.times[parent]! <= timeMs) break;
      this.place(at, this.times[parent]!, this.positions[parent]!);
      at = parent;
    }
    this.place(at, timeMs, position);
  }

  pop(): void {
    const timeMs = this.times.pop();
    const position = this.positions.pop();
    const size = this.times.length;
    if (timeMs === undefined || position === undefined || size === 0) return;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.times[child + 1]! < this.times[child]!) child++;
      if (this.times[child]! >= timeMs) break;
      this.place(at, this.times[child]!, this.positions[child]!);
      at = child;
    }
    this.place(at, timeMs, position);
  }

  private place(at: number, timeMs: number, position: number): void {
    this.times[at] = timeMs;
    this.positions[at] = position;
  }
}
