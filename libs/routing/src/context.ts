import type { AttemptPlan, Decision, Stop, StopCode, Wait } from './decision.js';
import { hasTried, type History, type HistoryEntry } from './history.js';
import type { Candidate, PreparedRoute, PreparedRule, Tier } from './prepared-route.js';
import type { StateView } from './state-view.js';
import type { PoolKey } from '#libs/routing-table';
import { attemptTimeouts } from './timeouts.js';

/** What a request asks of routing, beside its route. Fixed when the request starts. */
export interface RequestFacts {
  /** From `matchRule`; undefined: none matched. */
  readonly rule: PreparedRule | undefined;
  readonly startedMs: number;
  /** From `requestDeadlineMs`; Infinity: none. Bounds all attempts and waits together. */
  readonly deadlineMs: number;
}

/** The inputs of one decision, for its steps. */
export interface Context {
  readonly route: PreparedRoute;
  readonly rule: PreparedRule;
  readonly facts: RequestFacts;
  readonly history: History;
  /** The last attempt that ended; undefined before the first. */
  readonly last: HistoryEntry | undefined;
  readonly view: StateView;
  readonly nowMs: number;
  readonly seed: number;
}

export function attemptWith(
  context: Context,
  candidate: Candidate,
  key: PoolKey,
  step: AttemptPlan['step'],
  drawsOnRetryBudget: boolean,
): Decision {
  const timeouts = attemptTimeouts(context.route.entry, candidate, context.facts.deadlineMs - context.nowMs);
  return { attempts: [{ candidate, key, step, drawsOnRetryBudget, timeouts }] };
}

/** A wait that ends too late for an attempt to follow is none. */
export function fitsDeadline(context: Context, waitMs: number, attemptMs: number): boolean {
  return context.nowMs + waitMs + attemptMs <= context.facts.deadlineMs;
}

export function waitFor(ms: number, reason: Wait['for'], pool?: string): Decision {
  return { wait: { ms, for: reason, pool } };
}

export function stopWith(code: StopCode, last?: HistoryEntry, retryAfterMs?: number): Decision {
  const stop: Stop = {
    code,
    last,
    retryAfterMs: retryAfterMs === undefined || !Number.isFinite(retryAfterMs) ? undefined : retryAfterMs,
  };
  return { stop };
}

/** The tiers for the next attempt, in order: the rule's own, then the fallbacks for the class of the last failure. */
export function* candidatesOf(context: Context): Iterable<Candidate> {
  for (const tier of tiersFor(context)) yield* tier.candidates;
}

export function tiersFor({ rule, last }: Context): readonly Tier[] {
  const fallbacks = fallbacksFor(rule, last);
  return fallbacks === undefined ? rule.tiers : [...rule.tiers, ...fallbacks];
}

export function fallbacksFor(rule: PreparedRule, last: HistoryEntry | undefined): readonly Tier[] | undefined {
  if (last === undefined || last.outcome === 'Pending' || last.outcome === 'Success') return undefined;
  return rule.fallbacks[last.outcome];
}

export function isUntried(context: Context, candidate: Candidate): boolean {
  return context.history.length === 0 || !hasTried(context.history, candidate.backend);
}
