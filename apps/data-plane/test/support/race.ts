import { type AttemptPlan, decide } from '#libs/routing';

const timeouts = { connectMs: 5_000, firstByteMs: 5_000, firstTokenMs: 5_000, streamIdleMs: 5_000, attemptMs: 60_000 };

/** Starts every backend of the rule at once, which no policy can ask for yet; what follows is routing's own. */
export const race: typeof decide = (route, facts, history, view, nowMs, seed) => {
  if (history.length > 0) return decide(route, facts, history, view, nowMs, seed);
  const attempts: AttemptPlan[] = [];
  for (const candidate of facts.rule!.tiers.list[0]!.candidates) {
    const key = view.keys(candidate).pick(0, []);
    if (key !== undefined && (view.breaker(candidate)?.phase ?? 'Closed') === 'Closed') {
      attempts.push({ route: route.entry, candidate, key, step: 'First', drawsOnRetryBudget: false, timeouts });
    }
  }
  if (attempts.length < 2) return decide(route, facts, history, view, nowMs, seed);
  return { attempts, passedOver: [] };
};
