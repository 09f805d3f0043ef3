import type { KeyLimits } from './behaviour.js';

const windowMs = 60_000;

export interface Admission {
  readonly admitted: boolean;
  /** Which limit refused. */
  readonly refusedBy?: 'requests' | 'tokens' | 'concurrency';
  readonly resetMs: number;
  readonly remainingRequests?: number;
  readonly remainingTokens?: number;
}

/** Fixed one-minute windows and a count of requests in flight, for one key. Time is passed in. */
export class KeyLimiter {
  private windowStartMs = Number.NEGATIVE_INFINITY;
  private requests = 0;
  private tokens = 0;
  private inFlight = 0;

  constructor(readonly limits: KeyLimits) {}

  admit(nowMs: number, tokens: number): Admission {
    if (nowMs - this.windowStartMs >= windowMs) {
      this.windowStartMs = nowMs;
      this.requests = 0;
      this.tokens = 0;
    }
    const { requestsPerMinute, tokensPerMinute, concurrency } = this.limits;
    const refusedBy =
      requestsPerMinute !== undefined && this.requests >= requestsPerMinute
        ? 'requests'
        : tokensPerMinute !== undefined && this.tokens + tokens > tokensPerMinute
          ? 'tokens'
          : concurrency !== undefined && this.inFlight >= concurrency
            ? 'concurrency'
            : undefined;
    if (!refusedBy) {
      this.requests += 1;
      this.tokens += tokens;
      this.inFlight += 1;
    }
    return {
      admitted: !refusedBy,
      refusedBy,
      resetMs: this.windowStartMs + windowMs - nowMs,
      remainingRequests: requestsPerMinute === undefined ? undefined : Math.max(0, requestsPerMinute - this.requests),
      remainingTokens: tokensPerMinute === undefined ? undefined : Math.max(0, tokensPerMinute - this.tokens),
    };
  }

  release(): void {
    this.inFlight -= 1;
  }
}
