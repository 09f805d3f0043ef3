import type { Clock } from '#libs/clock';
import type { FaultOwner } from '../errors/fault-owner.js';

/** A timer fires up to twice this late, and never early. Long enough to be cheap, short enough for any deadline here. */
export const RESOLUTION_MS = 16;

/** A tick this late means that the event loop was blocked: answers may be waiting unread in the sockets. */
const BLOCKED_MS = 250;
const SLOTS = 512;
const MASK = SLOTS - 1;

/**
 * One deadline that is moved often and fires rarely. It is linked into a slot while armed, and holds no link to anything
 * once disarmed, so that a finished request is garbage at once and not when its ten minutes have passed.
 */
export class Timer {
  readonly owner: FaultOwner;
  readonly fire: () => void;
  deadlineMs = 0;
  /** Slot index, or -1 while not linked. */
  slot = -1;
  /** Taken out of its slot to be fired in this tick. */
  due = false;
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;

  /** `owner`: told what `fire` throws, so that the other deadlines of the same tick are kept. */
  constructor(owner: FaultOwner, fire: () => void) {
    this.owner = owner;
    this.fire = fire;
  }
}

/**
 * All deadlines of the data plane on one native timer, which runs only while some are armed. Arming, moving and
 * disarming are O(1).
 */
export class TimerWheel {
  private readonly clock: Clock;
  private readonly slots: (Timer | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  private armed = 0;
  private ticking = false;
  private tick: number;
  private expectedMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.tick = Math.floor(clock.nowMs() / RESOLUTION_MS);
  }

  /** `deadlineMs` is on `clock.nowMs()`. Arming an armed timer moves it. */
  arm(timer: Timer, deadlineMs: number): void {
    timer.deadlineMs = deadlineMs;
    timer.due = false;
    // A deadline of the past belongs to the next slot that is looked at.
    const slot = Math.max(Math.ceil(deadlineMs / RESOLUTION_MS), this.currentTick() + 1) & MASK;
    if (timer.slot === slot) return;
    if (timer.slot >= 0) this.unlink(timer);
    timer.slot = slot;
    const head = this.slots[slot];
    timer.next = head;
    if (head !== undefined) head.previous = timer;
    this.slots[slot] = timer;
    this.armed += 1;
    if (!this.ticking) this.schedule();
  }

  disarm(timer: Timer): void {
    timer.due = false;
    if (timer.slot >= 0) this.unlink(timer);
  }

  /** Timers that are armed now. */
  get size(): number {
    return this.armed;
  }

  /** While nothing is armed nothing ticks, so an idle wheel takes its position from the clock. */
  private currentTick(): number {
    if (!this.ticking) this.tick = Math.floor(this.clock.nowMs() / RESOLUTION_MS);
    return this.tick;
  }

  private schedule(): void {
    this.ticking = true;
    this.expectedMs = this.clock.nowMs() + RESOLUTION_MS;
    this.clock.after(RESOLUTION_MS, this.onTick);
  }

  private readonly onTick = (): void => {
    if (this.clock.nowMs() - this.expectedMs > BLOCKED_MS) {
      // Let the sockets be read before deadlines are judged: one turn of the loop moves what is alive.
      this.expectedMs = Number.POSITIVE_INFINITY;
      this.clock.after(0, this.onTick);
      return;
    }
    try {
      this.advance(Math.floor(this.clock.nowMs() / RESOLUTION_MS));
    } finally {
      if (this.armed > 0) this.schedule();
      else this.ticking = false;
    }
  };

  private advance(nowTick: number): void {
    const due: Timer[] = [];
    const first = Math.max(this.tick + 1, nowTick - SLOTS + 1);
    for (let tick = first; tick <= nowTick; tick += 1) {
      for (let timer = this.slots[tick & MASK]; timer !== undefined;) {
        const next: Timer | undefined = timer.next;
        if (timer.deadlineMs <= nowTick * RESOLUTION_MS) {
          this.unlink(timer);
          timer.due = true;
          due.push(timer);
        }
        timer = next;
      }
    }
    this.tick = Math.max(this.tick, nowTick);
    this.fireAll(due);
  }

  private fireAll(due: readonly Timer[]): void {
    let fault: { readonly error: unknown } | undefined;
    for (const timer of due) {
      // Whoever fired before may have disarmed or moved it.
      if (!timer.due) continue;
      timer.due = false;
      try {
        fire(timer);
      } catch (unexpected) {
        // The owner could not take it. All others have their turn first.
        fault ??= { error: unexpected };
      }
    }
    if (fault !== undefined) throw fault.error;
  }

  private unlink(timer: Timer): void {
    if (timer.previous === undefined) this.slots[timer.slot] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next !== undefined) timer.next.previous = timer.previous;
    timer.next = undefined;
    timer.previous = undefined;
    timer.slot = -1;
    this.armed -= 1;
  }
}

function fire(timer: Timer): void {
  try {
    timer.fire();
  } catch (error) {
    timer.owner.fault(error);
  }
}
