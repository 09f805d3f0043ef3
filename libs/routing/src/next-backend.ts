import { planWith, start } from './answers.js';
import type { Candidate, Tier, Tiers } from './candidate.js';
import type { Context } from './context.js';
import type { AttemptPlan, Decision, Step } from './decision.js';
import { backendChoice, backendSecondChoice, randomFor } from './random.js';
import { keyOrObstacle, passOver, passOverUnusable, usedAs } from './serving.js';
import { exhaustedTier } from './waiting.js';

/**
 * An attempt at a backend that the request hasn't used: tier by tier, within a tier by the strategy among those that can
 * serve. An exhausted pool is passed over (`Fallback`), waited for once no other backend of its tier can serve (`Queue`),
 * or ends the request (`Fail`). undefined: no tier has anything.
 */
export function nextBackend(context: Context, tiers: Tiers): Decision | undefined {
  const step = context.history.length === 0 ? 'First' : 'NextBackend';
  for (const tier of tiers.list) {
    const plan = planInTier(context, tier, step);
    if (plan !== undefined) {
      if (context.passedOver.length > 0) passOverUnusable(context, tiers.unusable);
      return start(context, [plan]);
    }
    const decision = exhaustedTier(context, tier);
    if (decision !== undefined) return decision;
  }
  passOverUnusable(context, tiers.unusable);
  return undefined;
}

export function planInTier(context: Context, tier: Tier, step: Step): AttemptPlan | undefined {
  const { seed, history, rule } = context;
  // Choose among all and check the one: only if it can't serve, look at the others. The odds stay the weights' odds.
  const random = randomFor(seed, history.length, backendChoice);
  const first = rule.strategy.choose(tier.candidates, tier.totalWeight, random);
  return planAt(context, first, step) ?? planAtAnother(context, tier, first, step);
}

function planAt(context: Context, candidate: Candidate, step: Step): AttemptPlan | undefined {
  const used = usedAs(context, candidate);
  const key = used ?? keyOrObstacle(context, candidate);
  if (typeof key !== 'string') return planWith(context, candidate, key, step);
  passOver(context, candidate, key);
  return undefined;
}

function planAtAnother(context: Context, tier: Tier, refused: Candidate, step: Step): AttemptPlan | undefined {
  const able = tier.candidates.filter(
    (candidate) => candidate !== refused && planAt(context, candidate, step) !== undefined,
  );
  if (able.length === 0) return undefined;
  const totalWeight = able.reduce((sum, { weight }) => sum + weight, 0);
  const random = randomFor(context.seed, context.history.length, backendSecondChoice);
  return planAt(context, context.rule.strategy.choose(able, totalWeight, random), step);
}
