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
export function start({ passedOver }: Context, attempts: readonly AttemptPlan[]): Decision {
  if (passedOver.length === 0) return { attempts, passedOver };
  return {
    attempts,
    passedOver: passedOver.filter(({ candidate }) => attempts.every((plan) => plan.candidate.backend !== candidate)),
  };
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
