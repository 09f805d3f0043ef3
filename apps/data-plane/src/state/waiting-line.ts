/** What a line knows of a waiter. */
export interface InLine {
  /** Rises with each that comes. */
  readonly arrival: number;
}

/** Places without a waiter that are kept besides as many as have one. */
const SPARE_PLACES = 32;

/**
 * Those who wait for one thing, in order of arrival. Who leaves keeps the place until the line closes up, since most who
 * leave only look whether they can go on, and come back: so joining, leaving and finding the next cost O(log waiters),
 * however many wait.
 */
export class WaitingLine<Waiter extends InLine> {
  /** Rising. */
  private arrivals: number[] = [];
  private waiters: (Waiter | undefined)[] = [];
  /** Places before this one have no waiter. */
  private front = 0;
  size = 0;

  add(waiter: Waiter): void {
    const { arrival } = waiter;
    const at = this.placeOf(arrival);
    if (this.arrivals[at] === arrival) {
      this.waiters[at] = waiter;
    } else {
      this.arrivals.splice(at, 0, arrival);
      this.waiters.splice(at, 0, waiter);
    }
    this.front = Math.min(this.front, at);
    this.size += 1;
  }

  remove(waiter: Waiter): void {
    const at = this.placeOf(waiter.arrival);
    if (this.waiters[at] !== waiter) return;
    this.waiters[at] = undefined;
    this.size -= 1;
    if (this.waiters.length > 2 * this.size + SPARE_PLACES) this.closeUp();
  }

  /** The first of those who came after this arrival. */
  after(arrival: number): Waiter | undefined {
    while (this.front < this.waiters.length && this.waiters[this.front] === undefined) this.front += 1;
    for (let at = Math.max(this.front, this.placeOf(arrival + 1)); at < this.waiters.length; at += 1) {
      const waiter = this.waiters[at];
      if (waiter !== undefined) return waiter;
    }
    return undefined;
  }

  private placeOf(arrival: number): number {
    let low = this.front;
    let high = this.arrivals.length;
    // Nearly all who come are the last.
    if (high > 0 && this.arrivals[high - 1]! < arrival) return high;
    if (low > 0 && this.arrivals[low - 1]! >= arrival) low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.arrivals[middle]! < arrival) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private closeUp(): void {
    this.waiters = this.waiters.filter((waiter) => waiter !== undefined);
    this.arrivals = this.waiters.map((waiter) => waiter!.arrival);
    this.front = 0;
  }
}
