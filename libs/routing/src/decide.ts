import { fallbacksFor, stopWith, tiersFor, waitFor, type Context, type RequestFacts } from './context.js';
import type { Decision } from './decision.js';
import { hasPending, lastEnded, type History, type HistoryEntry } from './history.js';
import { nextBackend } from './next-backend.js';
import { nothingAvailable } from './nothing-available.js';
import type { PreparedRoute } from './prepared-route.js';
import { nextKey, sameBackend, triedBackend } from './repeat.js';
import { isKeyFault, isUsedUp, type RetryPlan, type RetryStep } from './retry-plan.js';
import type { StateView } from './state-view.js';
import { minimumAttemptMs } from './timeouts.js';

/**
 * What a request does next: attempts to start, a wait, or the end. Called before every attempt and again after every
 * wait, with all attempts so far. Pure: equal inputs give an equal decision; nothing is reserved or counted here.
 *
 * `route`: prepared in the table that the request pinned. `seed`: 32 random bits, the same for the whole request.
 * `nowMs` and all times of facts, history and state come from one clock.
 */
export function decide(
  route: PreparedRoute,
  facts: RequestFacts,
  history: History,
  view: StateView,
  nowMs: number,
  seed: number,
): Decision {
  const { rule } = facts;
  if (rule === undefined) return stopWith('no_matching_rule');
  const last = history.length === 0 ? undefined : lastEnded(history);
  const finished = finishedBy(history, last);
  if (finished !== undefined) return finished;
  if (hasPending(history)) return waitFor(Math.max(0, facts.deadlineMs - nowMs), 'Pending');
  if (facts.deadlineMs - nowMs < minimumAttemptMs) return stopWith('deadline_exceeded', last);
  const context: Context = { route, rule, facts, history, last, view, nowMs, seed };
  if (last === undefined) return nextBackend(context, rule.tiers) ?? nothingAvailable(context);
  return afterFailure(context, last);
}

/** The history itself ends the request. */
function finishedBy(history: History, last: HistoryEntry | undefined): Decision | undefined {
  for (const entry of history) {
    if (entry.outcome === 'Success') return stopWith('answered', entry);
    if (entry.progress === 'Committed' && entry.outcome !== 'Pending') return stopWith('committed', entry);
  }
  if (last?.outcome === 'Cancelled') return stopWith('not_retryable', last);
  return undefined;
}

function afterFailure(context: Context, last: HistoryEntry): Decision {
  const { route, rule, history } = context;
  if (history.length >= route.entry.retry.maxAttempts) return stopWith('retries_exhausted', last);
  const plan = planFor(context, last);
  if (plan.steps.length === 0 || isUsedUp(plan, failuresCounted(history, plan))) {
    const fallbacks = fallbacksFor(rule, last);
    const fallback = fallbacks && nextBackend(context, fallbacks);
    return fallback ?? stopWith(plan.steps.length === 0 ? 'not_retryable' : 'retries_exhausted', last);
  }
  let refusal: Decision | undefined;
  for (const step of plan.steps) {
    const decision = takeStep(context, last, step);
    if (decision === undefined) continue;
    // A step that may not be taken leaves the next one open, but for a pool that wants its exhaustion to end the request.
    if (decision.stop === undefined || decision.stop.code === 'keys_exhausted') return decision;
    refusal ??= decision;
  }
  if (refusal !== undefined) return refusal;
  return isKeyFault(last.outcome) ? nothingAvailable(context) : stopWith('retries_exhausted', last);
}

function planFor({ route }: Context, last: HistoryEntry): RetryPlan {
  return route.retry[last.outcome as Exclude<HistoryEntry['outcome'], 'Pending' | 'Success'>];
}

function failuresCounted(history: History, plan: RetryPlan): number {
  let failures = 0;
  for (const entry of history) if (plan.counted.includes(entry.outcome)) failures++;
  return failures;
}

function takeStep(context: Context, last: HistoryEntry, step: RetryStep): Decision | undefined {
  switch (step) {
    case 'NextKey':
      return nextKey(context, last);
    case 'SameBackend':
      return sameBackend(context, last);
    case 'NextBackend':
      return nextBackend(context, tiersFor(context));
    case 'TriedBackend':
      return triedBackend(context);
  }
}
