import { planWith, start, stopWith, waitFor } from './answers.js';
import { backoffMs } from './backoff.js';
import type { Candidate } from './candidate.js';
import { type Context, fitsDeadline } from './context.js';
import type { Decision } from './decision.js';
import { busyKeys, type Failure, triedKeys } from './history.js';
import { candidateOf } from './open-tiers.js';
import { backoffChoice, randomFor } from './random.js';
import { isKeyFault, isRequestFault } from './retry-plan.js';
import { isAdmitted, keyOrObstacle, passOver } from './serving.js';
import { minimumAttemptMs } from './timeouts.js';
import { waitAmong } from './waiting.js';

/** The backend that failed, with a key that this request hasn't used there. undefined: not possible. */
export function nextKey(context: Context, failure: Failure): Decision | undefined {
  const candidate = repeatable(context, failure);
  if (candidate === undefined) return undefined;
  const key = keyOrObstacle(context, candidate, triedKeys(context.history, failure.pool));
  if (typeof key === 'string') {
    passOver(context, candidate, key);
    return failsWhenExhausted(context, candidate, failure);
  }
  // Another key owes the upstream no pause if only the first key was at fault.
  const readyMs = isKeyFault(failure.outcome) ? context.nowMs : readyAtMs(context, failure);
  return repeatAt(context, candidate, failure, 'NextKey', readyMs);
}

function failsWhenExhausted(context: Context, candidate: Candidate, failure: Failure): Decision | undefined {
  if (candidate.pool.onExhausted.type !== 'Fail' || !isKeyFault(failure.outcome)) return undefined;
  const keys = context.view.keys(candidate);
  if (keys.hasAny) return undefined;
  return stopWith(context, 'keys_exhausted', failure, keys.backAtMs - context.nowMs);
}

/** The backend that failed, with any key. undefined: not possible. */
export function sameBackend(context: Context, failure: Failure): Decision | undefined {
  const candidate = repeatable(context, failure);
  if (candidate === undefined) return undefined;
  return repeatAt(context, candidate, failure, 'SameBackend', repeatReadyAtMs(context, candidate, failure));
}

/** Of the backends that failed this request, the one that may be asked again first. undefined: none may. */
export function triedBackend(context: Context): Decision | undefined {
  let best: Candidate | undefined;
  let bestFailure: Failure | undefined;
  let bestMs = Infinity;
  const seen = new Set<string>();
  for (const failure of context.failures) {
    if (seen.has(failure.backend)) continue;
    seen.add(failure.backend);
    const candidate = repeatable(context, failure);
    if (candidate === undefined) continue;
    const readyMs = repeatReadyAtMs(context, candidate, failure);
    if (readyMs < bestMs) [best, bestFailure, bestMs] = [candidate, failure, readyMs];
  }
  return best && bestFailure && repeatAt(context, best, bestFailure, 'SameBackend', bestMs);
}

/** Its candidate, unless it is blocked or has found fault with the request itself: it would again. */
function repeatable(context: Context, { backend }: Failure): Candidate | undefined {
  if (context.failures.some((failure) => failure.backend === backend && isRequestFault(failure.outcome))) {
    return undefined;
  }
  const candidate = candidateOf(context, backend);
  if (candidate === undefined || isAdmitted(context, candidate)) return candidate;
  passOver(context, candidate, context.view.breaker(candidate)?.phase === 'Open' ? 'BreakerOpen' : 'ProbesTaken');
  return undefined;
}

function repeatAt(
  context: Context,
  candidate: Candidate,
  failure: Failure,
  step: 'NextKey' | 'SameBackend',
  readyMs: number,
): Decision | undefined {
  const { route, view, nowMs, history } = context;
  if (readyMs === Infinity) return undefined;
  const draws = drawsOnRetryBudget(failure, step);
  if (draws && view.retryBalance(route.entry, nowMs) < 1) {
    return stopWith(context, 'retry_budget_exhausted', failure);
  }
  if (readyMs > nowMs) return pause(context, failure, readyMs - nowMs);
  const { keyPool } = candidate.entry;
  const key = keyOrObstacle(
    context,
    candidate,
    step === 'NextKey' ? triedKeys(history, keyPool) : busyKeys(history, keyPool),
  );
  if (typeof key !== 'string') {
    return start(context, [{ ...planWith(context, candidate, key, step), drawsOnRetryBudget: draws }]);
  }
  passOver(context, candidate, key);
  return waitAmong(context, [candidate]);
}

/** The pause before a repeat, or why it is too long for one. */
function pause(context: Context, failure: Failure, ms: number): Decision {
  const asked = failure.retryAfterMs !== undefined || isKeyFault(failure.outcome);
  if (asked && ms > context.route.entry.retry.maxRetryAfterMs) {
    return stopWith(context, 'retry_after_too_long', failure, ms);
  }
  if (!fitsDeadline(context, ms, minimumAttemptMs)) {
    return asked
      ? stopWith(context, 'retry_after_too_long', failure, ms)
      : stopWith(context, 'deadline_exceeded', failure);
  }
  return waitFor(context, ms, asked ? 'RetryAfter' : 'Backoff');
}

/**
 * The budget guards a backend in trouble against being asked again and again, so it is drawn on by a repeat at the
 * backend that failed. It isn't by another backend (which must not fail because the first one does), by another key
 * after the first was at fault (the cooldowns bound those), or after an attempt that never left this process.
 */
function drawsOnRetryBudget(failure: Failure, step: 'NextKey' | 'SameBackend'): boolean {
  if (failure.progress === 'NotSent') return false;
  return step === 'SameBackend' || !isKeyFault(failure.outcome);
}

/** The back-off after a failure, added to what the upstream asked for: never earlier, and not all at once. */
function readyAtMs({ route, history, failures, seed }: Context, failure: Failure): number {
  const repeat = failures.filter(({ backend }) => backend === failure.backend).length - 1;
  const random = randomFor(seed, history.length, backoffChoice);
  const pauseMs = backoffMs(route.entry.retry.backoff, repeat, random);
  return (failure.endedMs ?? failure.startedMs) + (failure.retryAfterMs ?? 0) + pauseMs;
}

/** As above, but not before a key is there, if it is time that brings one back. */
function repeatReadyAtMs(context: Context, candidate: Candidate, failure: Failure): number {
  const keys = context.view.keys(candidate);
  const readyMs = readyAtMs(context, failure);
  return keys.hasAny || keys.isSaturated ? readyMs : Math.max(readyMs, keys.backAtMs);
}
