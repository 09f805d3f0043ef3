import { backoffMs } from './backoff.js';
import { attemptWith, candidatesOf, fitsDeadline, stopWith, waitFor, type Context } from './context.js';
import type { Decision } from './decision.js';
import { failuresOf, triedKeys, type HistoryEntry } from './history.js';
import { availableKey, isAdmitted } from './next-backend.js';
import type { Candidate } from './prepared-route.js';
import { backoffChoice, randomFor } from './random.js';
import { isKeyFault } from './retry-plan.js';
import { minimumAttemptMs } from './timeouts.js';

/** The backend that failed last, with a key that this request hasn't used there. undefined: not possible. */
export function nextKey(context: Context, last: HistoryEntry): Decision | undefined {
  const candidate = candidateOf(context, last.backend);
  if (candidate === undefined || !isAdmitted(context, candidate)) return undefined;
  const key = availableKey(context, candidate, triedKeys(context.history, last.pool));
  if (key === undefined) return failsWhenExhausted(context, candidate, last);
  // Another key owes the upstream no pause if only the first key was at fault.
  const readyMs = isKeyFault(last.outcome) ? context.nowMs : readyAtMs(context, last);
  return repeatAt(context, candidate, last, 'NextKey', readyMs);
}

function failsWhenExhausted(context: Context, candidate: Candidate, last: HistoryEntry): Decision | undefined {
  if (candidate.pool.onExhausted.type !== 'Fail' || !isKeyFault(last.outcome)) return undefined;
  const availableMs = context.view.keys(candidate).nextAvailableMs(context.nowMs);
  if (availableMs <= context.nowMs) return undefined;
  return stopWith('keys_exhausted', last, availableMs - context.nowMs);
}

/** The backend that failed last, with any key. undefined: not possible. */
export function sameBackend(context: Context, last: HistoryEntry): Decision | undefined {
  const candidate = candidateOf(context, last.backend);
  if (candidate === undefined || !isAdmitted(context, candidate)) return undefined;
  return repeatAt(context, candidate, last, 'SameBackend', repeatReadyAtMs(context, candidate, last));
}

/** Of the backends that failed this request, the one that may be asked again first. undefined: none may. */
export function triedBackend(context: Context): Decision | undefined {
  let best: Candidate | undefined;
  let bestFailure: HistoryEntry | undefined;
  let bestMs = Infinity;
  for (const candidate of candidatesOf(context)) {
    const failure = lastFailureOf(context, candidate.backend);
    if (failure === undefined || !isAdmitted(context, candidate)) continue;
    const readyMs = repeatReadyAtMs(context, candidate, failure);
    if (readyMs < bestMs) [best, bestFailure, bestMs] = [candidate, failure, readyMs];
  }
  return best && bestFailure && repeatAt(context, best, bestFailure, 'SameBackend', bestMs);
}

function repeatAt(
  context: Context,
  candidate: Candidate,
  failure: HistoryEntry,
  step: 'NextKey' | 'SameBackend',
  readyMs: number,
): Decision | undefined {
  const { route, view, nowMs } = context;
  if (readyMs === Infinity) return undefined;
  const draws = drawsOnRetryBudget(failure, step);
  if (draws && view.retryBalance(route.entry, nowMs) < 1) return stopWith('retry_budget_exhausted', failure);
  const waitMs = readyMs - nowMs;
  if (waitMs > 0) {
    const asked = failure.retryAfterMs !== undefined || isKeyFault(failure.outcome);
    if (asked && waitMs > route.entry.retry.maxRetryAfterMs) {
      return stopWith('retry_after_too_long', failure, waitMs);
    }
    if (!fitsDeadline(context, waitMs, minimumAttemptMs)) {
      return stopWith(asked ? 'retry_after_too_long' : 'deadline_exceeded', failure, asked ? waitMs : undefined);
    }
    return waitFor(waitMs, asked ? 'RetryAfter' : 'Backoff');
  }
  const key = availableKey(context, candidate, step === 'NextKey' ? triedKeys(context.history, failure.pool) : []);
  return key && attemptWith(context, candidate, key, step, draws);
}

/**
 * The budget guards a backend in trouble against being asked again and again, so it is drawn on by a repeat at the
 * backend that failed. It isn't by another backend (which must not fail because the first one does), by another key
 * after the first was at fault (the cooldowns bound those), or after an attempt that never left this process.
 */
function drawsOnRetryBudget(failure: HistoryEntry, step: 'NextKey' | 'SameBackend'): boolean {
  if (failure.progress === 'NotSent') return false;
  return step === 'SameBackend' || !isKeyFault(failure.outcome);
}

/** The back-off after a failure, added to what the upstream asked for: never earlier, and not all at once. */
function readyAtMs({ route, history, seed }: Context, failure: HistoryEntry): number {
  const repeat = failuresOf(history, failure.backend) - 1;
  const random = randomFor(seed, history.length, backoffChoice);
  const pauseMs = backoffMs(route.entry.retry.backoff, repeat, random);
  return (failure.endedMs ?? failure.startedMs) + (failure.retryAfterMs ?? 0) + pauseMs;
}

/** As above, but not before a key is there. */
function repeatReadyAtMs(context: Context, candidate: Candidate, failure: HistoryEntry): number {
  const keys = context.view.keys(candidate);
  return Math.max(readyAtMs(context, failure), keys.nextAvailableMs(context.nowMs));
}

function candidateOf(context: Context, backend: string): Candidate | undefined {
  for (const candidate of candidatesOf(context)) if (candidate.backend === backend) return candidate;
  return undefined;
}

function lastFailureOf({ history }: Context, backend: string): HistoryEntry | undefined {
  return history.findLast((entry) => entry.backend === backend);
}
