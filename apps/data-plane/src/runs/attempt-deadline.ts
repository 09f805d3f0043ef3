import type { TransportFailure } from '#libs/inference';
import type { AttemptTimeouts } from '#libs/routing';

/** What a deadline means once it has passed. */
export type DeadlineFailure = Extract<TransportFailure, `${string}Timeout`>;

/** The least of the limits that hold at one moment of an attempt; all in ms from its start. */
export class AttemptDeadline {
  failure: DeadlineFailure = 'ConnectTimeout';
  private readonly timeouts: AttemptTimeouts;
  /** The request's own deadline. */
  private readonly requestLeftMs: number;

  constructor(timeouts: AttemptTimeouts, requestLeftMs: number) {
    this.timeouts = timeouts;
    this.requestLeftMs = requestLeftMs;
  }

  /** `waitsForToken`: a stream before its commit point. Returns the ms from the start, and sets `failure`. */
  least(limitMs: number, failure: DeadlineFailure, waitsForToken: boolean): number {
    const { attemptMs, firstTokenMs } = this.timeouts;
    let leastMs = limitMs;
    this.failure = failure;
    if (waitsForToken && firstTokenMs < leastMs) {
      leastMs = firstTokenMs;
      this.failure = 'FirstTokenTimeout';
    }
    if (attemptMs <= leastMs) {
      leastMs = attemptMs;
      this.failure = this.requestLeftMs <= attemptMs ? 'RequestTimeout' : 'AttemptTimeout';
    }
    return leastMs;
  }
}
