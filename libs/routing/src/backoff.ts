import type { RetryPolicy } from '#libs/routing-table';

/**
 * Milliseconds to wait before repeat number `repeat` (from 0): `base * factor^repeat`, at most `max`. Full jitter takes
 * a uniform share of it, which spreads clients that failed together best (AWS architecture blog, "Exponential Backoff
 * And Jitter"). `random` in [0, 1).
 */
export function backoffMs(backoff: RetryPolicy['backoff'], repeat: number, random: number): number {
  const ceilingMs = Math.min(backoff.maxMs, backoff.baseMs * backoff.factor ** repeat);
  return backoff.jitter === 'Full' ? random * ceilingMs : ceilingMs;
}
