import type { PoolKey } from '#libs/routing-table';
import { breakerAdmits } from './breaker.js';
import { attemptWith, fitsDeadline, isUntried, stopWith, waitFor, type Context } from './context.js';
import type { Decision } from './decision.js';
import type { Candidate, Tier } from './prepared-route.js';
import { backendChoice, backendSecondChoice, keyChoice, randomFor } from './random.js';
import { strategies } from './strategies/registry.js';
import { minimumAttemptMs } from './timeouts.js';

const noKeys: readonly string[] = [];

/**
 * An attempt at a backend that the request hasn't used: tier by tier, within a tier by the strategy among those whose
 * breaker admits and whose pool has a key. An exhausted pool is passed over (`Fallback`), waited for once no other
 * backend of its tier can serve (`Queue`), or ends the request (`Fail`). undefined: no tier has anything.
 */
export function nextBackend(context: Context, tiers: readonly Tier[]): Decision | undefined {
  for (const tier of tiers) {
    const decision = attemptInTier(context, tier) ?? exhaustedTier(context, tier);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function attemptInTier(context: Context, tier: Tier): Decision | undefined {
  const { seed, history } = context;
  // Choose among all and check the one: only if it can't serve, look at the others. The odds stay the weights' odds.
  const first = strategies[0].choose(tier.candidates, tier.totalWeight, randomFor(seed, history.length, backendChoice));
  return attemptAt(context, first) ?? attemptAtAnother(context, tier, first);
}

function attemptAt(context: Context, candidate: Candidate): Decision | undefined {
  if (!isUntried(context, candidate) || !isAdmitted(context, candidate)) return undefined;
  const key = availableKey(context, candidate);
  if (key === undefined) return undefined;
  return attemptWith(context, candidate, key, context.history.length === 0 ? 'First' : 'NextBackend', false);
}

function attemptAtAnother(context: Context, tier: Tier, refused: Candidate): Decision | undefined {
  const able = tier.candidates.filter(
    (candidate) =>
      candidate !== refused &&
      isUntried(context, candidate) &&
      isAdmitted(context, candidate) &&
      availableKey(context, candidate) !== undefined,
  );
  if (able.length === 0) return undefined;
  const totalWeight = able.reduce((sum, { weight }) => sum + weight, 0);
  const random = randomFor(context.seed, context.history.length, backendSecondChoice);
  return attemptAt(context, strategies[0].choose(able, totalWeight, random));
}

export function isAdmitted({ view, nowMs }: Context, candidate: Candidate): boolean {
  return breakerAdmits(view.breaker(candidate), candidate.entry.breaker, nowMs);
}

/** A key of this backend; `exclude` holds names. */
export function availableKey(context: Context, candidate: Candidate, exclude = noKeys): PoolKey | undefined {
  const { view, nowMs, seed, history } = context;
  return view.keys(candidate).pick(nowMs, randomFor(seed, history.length, keyChoice), exclude);
}

/** No backend of the tier can serve: does one of its exhausted pools want the request to wait or to fail? */
function exhaustedTier(context: Context, tier: Tier): Decision | undefined {
  for (const candidate of tier.candidates) {
    if (!isUntried(context, candidate) || !isAdmitted(context, candidate)) continue;
    if (candidate.pool.onExhausted.type === 'Queue') {
      const queued = queueFor(context, candidate);
      if (queued !== undefined) return queued;
    }
    if (candidate.pool.onExhausted.type === 'Fail') {
      const availableMs = context.view.keys(candidate).nextAvailableMs(context.nowMs);
      return stopWith('keys_exhausted', context.last, availableMs - context.nowMs);
    }
  }
  return undefined;
}

function queueFor(context: Context, candidate: Candidate): Decision | undefined {
  const { facts, last, nowMs, view } = context;
  const keys = view.keys(candidate);
  const { maxDepth, maxWaitMs } = candidate.pool.onExhausted.queue;
  const pool = candidate.entry.keyPool;
  const waitedMs = nowMs - (last?.endedMs ?? facts.startedMs);
  const leftMs = maxWaitMs - waitedMs;
  // A key that comes back only after the queue's time would be waited for in vain.
  const availableInMs = keys.isSaturated(nowMs) ? leftMs : keys.nextAvailableMs(nowMs) - nowMs;
  if (leftMs <= 0 || availableInMs > leftMs || view.queueDepth(pool) >= maxDepth) return undefined;
  if (!fitsDeadline(context, availableInMs, minimumAttemptMs) && !keys.isSaturated(nowMs)) return undefined;
  return waitFor(Math.min(availableInMs, facts.deadlineMs - nowMs), 'Key', pool);
}
