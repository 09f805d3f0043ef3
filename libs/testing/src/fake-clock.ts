import type { Cancel, Clock } from '#libs/clock';

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

/**
 * Time that moves only when a test says so. Timers fire in the order of their due times, equal times in the order in
 * which they were set; while one runs, `nowMs` is its due time. Timers set by an action fire in the same advance if they
 * are due.
 */
export class FakeClock implements Clock {
  /** How far the wall clock is from the monotonic one; a test may make it jump. */
  epochOffsetMs = 0;
  #nowMs: number;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2025, 0, 1)) {
    this.#nowMs = startMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  readonly epochMs = (): number => this.#nowMs + this.epochOffsetMs;

  readonly after = (delayMs: number, action: () => void): Cancel => {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves the time on, firing what falls due, synchronously. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let timer = this.#nextDue(untilMs); timer; timer = this.#nextDue(untilMs)) this.#fire(timer);
    this.#nowMs = untilMs;
  }

  /** As `advance`, and lets promise callbacks run after every timer, for code that awaits between its timers. */
  async advanceAsync(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settled();
    for (let timer = this.#nextDue(untilMs); timer; timer = this.#nextDue(untilMs)) {
      this.#fire(timer);
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #fire(timer: Timer): void {
    this.#nowMs = timer.atMs;
    this.#timers.delete(timer);
    timer.action();
  }

  #nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    // In the order of setting, so that of two equal times the earlier set one stays.
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}

/** An immediate runs after all promise callbacks that are ready, and those that they make ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
