import type { RouteEntry } from '#libs/routing-table';
import type { AttemptTimeouts } from './decision.js';
import type { Candidate } from './candidate.js';

/** With less time than this left, no upstream can answer: an attempt would only cost it work. */
export const minimumAttemptMs = 10;

/** When the request as a whole must have ended; Infinity if the route sets no limit (each attempt has its own). */
export function requestDeadlineMs(route: RouteEntry, startedMs: number): number {
  return route.timeouts.requestMs === undefined ? Infinity : startedMs + route.timeouts.requestMs;
}

/** Where several timeouts apply, the least wins. */
export function attemptTimeouts(
  route: RouteEntry,
  { entry: { timeouts } }: Candidate,
  leftMs: number,
): AttemptTimeouts {
  const attemptMs = Math.min(route.retry.perTryTimeoutMs ?? Infinity, timeouts.requestMs, leftMs);
  return {
    connectMs: Math.min(timeouts.connectMs, attemptMs),
    firstByteMs: Math.min(timeouts.firstByteMs, attemptMs),
    firstTokenMs: Math.min(route.timeouts.firstTokenMs ?? Infinity, attemptMs),
    streamIdleMs: Math.min(timeouts.streamIdleMs, route.timeouts.streamIdleMs ?? Infinity, attemptMs),
    attemptMs,
  };
}
