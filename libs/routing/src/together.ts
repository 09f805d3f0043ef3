import { planWith, start, waitFor } from './answers.js';
import type { Context } from './context.js';
import type { AttemptPlan, Decision, Step } from './decision.js';
import { type HistoryEntry, triedKeys } from './history.js';
import { planInTier } from './next-backend.js';
import { candidateOf, openTiers } from './open-tiers.js';
import { isRequestFault } from './retry-plan.js';
import { keyOrObstacle } from './serving.js';
import { minimumAttemptMs } from './timeouts.js';

/** The first attempt of a race brings the others along. */
export function withRivals(context: Context, decision: Decision): Decision {
  const { together } = context.rule.strategy;
  if (together === undefined || together.staggerMs > 0 || decision.attempts === undefined) return decision;
  const plans = [...decision.attempts];
  while (plans.length < together.attempts) {
    const plan = anotherPlan(withPending(context, plans), 'First');
    if (plan === undefined) break;
    plans.push(plan);
  }
  return start(context, plans);
}

/** While attempts run: wait for one to end, or start another beside them once the strategy says that it is time. */
export function besidesPending(context: Context): Decision {
  const { facts, nowMs } = context;
  const leftMs = Math.max(0, facts.deadlineMs - nowMs);
  const dueMs = hedgeAtMs(context);
  if (dueMs > nowMs) return waitFor(context, Math.min(leftMs, dueMs - nowMs), 'Pending');
  const plan = leftMs < minimumAttemptMs ? undefined : anotherPlan(context, 'Hedge');
  if (plan === undefined || context.view.retryBalance(context.route.entry, nowMs) < 1) {
    return waitFor(context, leftMs, 'Pending');
  }
  // A hedge is load that a slow upstream gets on top: the budget that guards against retries guards against it.
  return start(context, [{ ...plan, drawsOnRetryBudget: true }]);
}

/** When the next attempt beside those that run is due; Infinity: never. */
function hedgeAtMs({ rule, history }: Context): number {
  const { together } = rule.strategy;
  if (together === undefined || together.staggerMs === 0) return Infinity;
  let pending = 0;
  let lastStartMs = 0;
  for (const { outcome, progress, startedMs } of history) {
    // The client has begun to read this one's answer.
    if (progress === 'Committed') return Infinity;
    if (outcome === 'Pending') pending++;
    lastStartMs = Math.max(lastStartMs, startedMs);
  }
  return pending < together.attempts ? lastStartMs + together.staggerMs : Infinity;
}

/** At a backend that isn't used yet, else with a key that isn't. */
function anotherPlan(context: Context, step: Step): AttemptPlan | undefined {
  const { history, failures, route } = context;
  if (history.length >= route.entry.retry.maxAttempts) return undefined;
  for (const tier of openTiers(context).list) {
    const plan = planInTier(context, tier, step);
    if (plan !== undefined) return plan;
  }
  for (const { backend, pool } of history) {
    if (failures.some((failure) => failure.backend === backend && isRequestFault(failure.outcome))) continue;
    const candidate = candidateOf(context, backend);
    const key = candidate && keyOrObstacle(context, candidate, triedKeys(history, pool));
    if (candidate !== undefined && key !== undefined && typeof key !== 'string') {
      return planWith(context, candidate, key, step);
    }
  }
  return undefined;
}

/** As if the plans were under way. What is passed over for them is no news: the notes stay those of the first choice. */
function withPending(context: Context, plans: readonly AttemptPlan[]): Context {
  const pending = plans.map(({ candidate, key }): HistoryEntry => ({
    backend: candidate.backend,
    pool: candidate.entry.keyPool,
    key: key.name,
    outcome: 'Pending',
    progress: 'NotSent',
    startedMs: context.nowMs,
  }));
  return { ...context, history: [...context.history, ...pending] };
}
