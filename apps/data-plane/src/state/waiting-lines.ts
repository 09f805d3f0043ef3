import type { Wait } from '#libs/routing';
import { WaitingLine } from './waiting-line.js';

/**
 * A request that waits. `wake` is called when something that it waits for may be free; it must decide anew, since another
 * request may have been quicker, or what is free may not serve this one. To go on waiting it calls `wait` again, and has
 * its old place.
 */
export class Waiter {
  /** By which it stands in every line; 0: it has never waited. */
  arrival = 0;
  /** The lines it stands in. */
  lines: readonly string[] = [];
  readonly wake: () => void;

  constructor(wake: () => void) {
    this.wake = wake;
  }
}

/** Something that came back, and whether it is still there for the next in line. */
export interface Freed {
  readonly line: string;
  readonly isFree: () => boolean;
}

/** For what lets any number of requests go on. */
export function always(line: string): Freed {
  return { line, isFree: () => true };
}

/**
 * Requests that wait for a key of a pool or for a connection, each in the lines of all that could serve it, in order of
 * arrival. Depth and time are bounded by `decide`, which sees the depth and answers with how long to wait; here only the
 * order is kept.
 */
export class WaitingLines {
  private readonly byId = new Map<string, WaitingLine<Waiter>>();
  /** In a copy: how many wait in the original. They stand still. */
  private readonly others = new Map<string, number>();
  private arrivals = 0;

  depth(line: string): number {
    return (this.byId.get(line)?.size ?? 0) + (this.others.get(line) ?? 0);
  }

  adopt(line: string, from: WaitingLines): void {
    this.others.set(line, from.depth(line));
  }

  *entries(): IterableIterator<readonly [string, number]> {
    for (const [line, waiters] of this.byId) yield [line, waiters.size];
  }

  wait({ pools, connections }: Pick<Wait, 'pools' | 'connections'>, waiter: Waiter): void {
    this.leave(waiter);
    if (waiter.arrival === 0) waiter.arrival = ++this.arrivals;
    waiter.lines = [...pools, ...connections];
    for (const line of waiter.lines) this.insert(line, waiter);
  }

  /** Out of all its lines. */
  leave(waiter: Waiter): void {
    for (const line of waiter.lines) this.remove(line, waiter);
    waiter.lines = [];
  }

  /**
   * Something came back: those who wait for it are woken in order of arrival, as long as it is still free. One that can't
   * use it keeps its place and leaves it to the next. Whoever takes it and gives it back before this has ended wakes the
   * others himself.
   */
  wake(...freed: readonly Freed[]): void {
    const last = this.arrivals;
    let fault: { readonly error: unknown } | undefined;
    let next = this.nextOf(freed, 0);
    // Who comes meanwhile has seen what is free.
    while (next !== undefined && next.arrival <= last) {
      this.leave(next);
      try {
        next.wake();
      } catch (error) {
        // The others are woken all the same.
        fault ??= { error };
      }
      next = this.nextOf(freed, next.arrival);
    }
    if (fault !== undefined) throw fault.error;
  }

  /** All who wait for anything. */
  wakeAll(): void {
    // As they are now: a line in which somebody waits on is made anew.
    const lines = Array.from(this.byId.keys(), always);
    for (const line of lines) this.wake(line);
  }

  private nextOf(freed: readonly Freed[], arrival: number): Waiter | undefined {
    let next: Waiter | undefined;
    for (const { line, isFree } of freed) {
      const waiter = this.byId.get(line)?.after(arrival);
      if (waiter === undefined || (next !== undefined && next.arrival <= waiter.arrival)) continue;
      if (isFree()) next = waiter;
    }
    return next;
  }

  private insert(line: string, waiter: Waiter): void {
    let waiters = this.byId.get(line);
    if (waiters === undefined) this.byId.set(line, (waiters = new WaitingLine()));
    waiters.add(waiter);
  }

  private remove(line: string, waiter: Waiter): void {
    const waiters = this.byId.get(line);
    waiters?.remove(waiter);
    if (waiters?.size === 0) this.byId.delete(line);
  }
}
