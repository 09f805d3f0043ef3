import type { FakeClock } from '#libs/testing';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** What the world does to a gateway, in the order of virtual time: a heap, since a fake clock looks at each of its timers. */
export class Timeline {
  private readonly events: Event[] = [];
  private count = 0;

  constructor(private readonly clock: FakeClock) {}

  after(delayMs: number, run: () => void): void {
    this.count += 1;
    this.events.push({ atMs: this.clock.nowMs() + delayMs, order: this.count, run });
    this.rise(this.events.length - 1);
  }

  /** Moves time to the next event and lets it happen. False: there is none. */
  step(): boolean {
    const [first] = this.events;
    const last = this.events.pop();
    if (first === undefined || last === undefined) return false;
    if (this.events.length > 0) {
      this.events[0] = last;
      this.sink();
    }
    const waitMs = first.atMs - this.clock.nowMs();
    if (waitMs > 0) this.clock.advance(waitMs);
    first.run();
    return true;
  }

  private rise(index: number): void {
    for (let at = index; at > 0;) {
      const above = (at - 1) >> 1;
      if (this.isBefore(above, at)) return;
      this.exchange(above, at);
      at = above;
    }
  }

  private sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= this.events.length) return;
      const next = left + 1 < this.events.length && this.isBefore(left + 1, left) ? left + 1 : left;
      if (this.isBefore(at, next)) return;
      this.exchange(at, next);
      at = next;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const left = this.events[one]!;
    const right = this.events[other]!;
    return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs;
  }

  private exchange(one: number, other: number): void {
    [this.events[one], this.events[other]] = [this.events[other]!, this.events[one]!];
  }
}
