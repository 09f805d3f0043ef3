import { stopWith } from './answers.js';
import type { Candidate } from './candidate.js';
import type { Context } from './context.js';
import type { Decision } from './decision.js';
import type { Failure } from './history.js';
import { nextBackend } from './next-backend.js';
import { nothingAvailable } from './nothing-available.js';
import { candidateOf, fallbackTiers, openTiers } from './open-tiers.js';
import { nextKey, sameBackend, triedBackend } from './repeat.js';
import { isKeyFault, isUsedUp, type RetryPlan, type RetryStep } from './retry-plan.js';
import { waitAmong } from './waiting.js';

/**
 * What follows a failure: first what its own class allows; then what the earlier failures, of other backends, left open,
 * the newest first. So a backend that failed with one key is asked with its next one after the fallback failed, too.
 */
export function afterFailure(context: Context, last: Failure): Decision {
  const { route, history } = context;
  if (history.length >= route.entry.retry.maxAttempts) return stopWith(context, 'retries_exhausted', last);
  const plan = route.retry[last.outcome];
  if (plan.steps.length === 0 || isUsedUp(plan, failuresCounted(context, plan))) {
    const fallback = nextBackend(context, fallbackTiers(context));
    return fallback ?? stopWith(context, plan.steps.length === 0 ? 'not_retryable' : 'retries_exhausted', last);
  }
  let refusal: Decision | undefined;
  for (const [failure, step] of stepsAfter(context, last)) {
    const decision = takeStep(context, failure, step);
    if (decision === undefined) continue;
    // A step that may not be taken leaves the next one open, but for a pool that wants its exhaustion to end the request.
    if (decision.stop === undefined || decision.stop.code === 'keys_exhausted') return decision;
    refusal ??= decision;
  }
  if (refusal !== undefined) return refusal;
  if (!isKeyFault(last.outcome)) return stopWith(context, 'retries_exhausted', last);
  return waitAmong(context, failedCandidates(context)) ?? nothingAvailable(context);
}

function* stepsAfter(context: Context, last: Failure): Iterable<readonly [Failure, RetryStep]> {
  const seen = new Set<string>();
  for (const failure of context.failures) {
    if (seen.has(failure.backend)) continue;
    seen.add(failure.backend);
    const plan = context.route.retry[failure.outcome];
    if (failure !== last && isUsedUp(plan, failuresCounted(context, plan))) continue;
    for (const step of plan.steps) yield [failure, step];
  }
}

function failuresCounted({ failures }: Context, { counted }: RetryPlan): number {
  let count = 0;
  for (const { outcome } of failures) if (counted.includes(outcome)) count++;
  return count;
}

function takeStep(context: Context, failure: Failure, step: RetryStep): Decision | undefined {
  switch (step) {
    case 'NextKey':
      return nextKey(context, failure);
    case 'SameBackend':
      return sameBackend(context, failure);
    case 'NextBackend':
      return nextBackend(context, openTiers(context));
    case 'TriedBackend':
      return triedBackend(context);
  }
}

function failedCandidates(context: Context): readonly Candidate[] {
  const backends = new Set(context.failures.map(({ backend }) => backend));
  return [...backends].flatMap((backend) => candidateOf(context, backend) ?? []);
}
