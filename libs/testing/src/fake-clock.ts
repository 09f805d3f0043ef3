interface Timer {
  readonly id: number;
  readonly callback: () => void;
  readonly everyMs: number | undefined;
  atMs: number;
}

/**
 * Time that moves only when a test says so. Timers fire in the order of their due times, equal times in the order in
 * which they were set; while one runs, `nowMs` is its due time. Timers set by a callback fire in the same advance if they
 * are due.
 */
export class FakeClock {
  private current: number;
  private nextId = 1;
  private readonly timers = new Map<number, Timer>();

  constructor(startMs = Date.UTC(2025, 0, 1)) {
    this.current = startMs;
  }

  /** Epoch milliseconds of the virtual time. */
  now = (): number => this.current;

  setTimeout = (callback: () => void, delayMs: number): number => this.add(callback, delayMs, undefined);

  setInterval = (callback: () => void, periodMs: number): number => {
    if (periodMs <= 0) throw new RangeError('an interval of 0 ms would never let the time go on');
    return this.add(callback, periodMs, periodMs);
  };

  /** For timeouts and intervals alike; an unknown or fired id is no error, as with the real ones. */
  clear = (id: number): void => {
    this.timers.delete(id);
  };

  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Moves the time on, firing what falls due, synchronously. */
  advance(byMs: number): void {
    const untilMs = this.current + byMs;
    for (let timer = this.nextDue(untilMs); timer; timer = this.nextDue(untilMs)) this.fire(timer);
    this.current = untilMs;
  }

  /** As `advance`, and lets promise callbacks run after every timer, for code that awaits between its timers. */
  async advanceAsync(byMs: number): Promise<void> {
    const untilMs = this.current + byMs;
    await settled();
    for (let timer = this.nextDue(untilMs); timer; timer = this.nextDue(untilMs)) {
      this.fire(timer);
      await settled();
    }
    this.current = untilMs;
  }

  private add(callback: () => void, delayMs: number, everyMs: number | undefined): number {
    const id = this.nextId++;
    this.timers.set(id, { id, callback, everyMs, atMs: this.current + Math.max(0, delayMs) });
    return id;
  }

  private fire(timer: Timer): void {
    this.current = timer.atMs;
    this.timers.delete(timer.id);
    if (timer.everyMs !== undefined) {
      timer.atMs += timer.everyMs;
      this.timers.set(timer.id, timer);
    }
    timer.callback();
  }

  private nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    // In insertion order, so that of two equal times the earlier set one stays.
    for (const timer of this.timers.values()) {
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}

/** An immediate runs after all promise callbacks that are ready, and those that they make ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
