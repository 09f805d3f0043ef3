import type { PoolKey } from '#libs/routing-table';
import type { Candidate } from './candidate.js';
import type { Context } from './context.js';
import type { AttemptPlan, Decision, Step, StopCode, Wait } from './decision.js';
import type { HistoryEntry } from './history.js';
import { attemptTimeouts } from './timeouts.js';

const nowhere: readonly string[] = [];

export function planWith(
  { route, facts, nowMs }: Context,
  candidate: Candidate,
  key: PoolKey,
  step: Step,
): AttemptPlan {
  const timeouts = attemptTimeouts(route.entry, candidate, facts.deadlineMs - nowMs);
  return { route: route.entry, candidate, key, step, drawsOnRetryBudget: false, timeouts };
}

/** A candidate that was passed over for one key and then taken with another wasn't. */
export function start({ passedOver, rule }: Context, attempts: readonly AttemptPlan[]): Decision {
  const before =
    passedOver.length === 0
      ? passedOver
      : passedOver.filter(({ candidate }) => attempts.every((plan) => plan.candidate.backend !== candidate));
  const staggerMs = rule.strategy.together?.staggerMs ?? 0;
  return staggerMs > 0 ? { attempts, passedOver: before, mayAdd: true } : { attempts, passedOver: before };
}

export function waitFor(
  { passedOver }: Context,
  ms: number,
  reason: Wait['for'],
  pools: readonly string[] = nowhere,
  connections: readonly string[] = nowhere,
): Decision {
  return { wait: { ms, for: reason, pools, connections, passedOver } };
}

export function stopWith(
  { passedOver }: Pick<Context, 'passedOver'>,
  code: StopCode,
  last?: HistoryEntry,
  retryAfterMs?: number,
): Decision {
  const isKnown = retryAfterMs !== undefined && Number.isFinite(retryAfterMs);
  return { stop: { code, last, retryAfterMs: isKnown ? retryAfterMs : undefined, passedOver } };
}
