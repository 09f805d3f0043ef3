import type { PoolKey } from '#libs/routing-table';
import { breakerAdmits } from './breaker.js';
import type { Candidate } from './candidate.js';
import type { Context } from './context.js';
import { busyKeys, hasTried } from './history.js';
import type { PassedOver, PassedOverReason } from './passed-over.js';
import { keyChoice, randomFor } from './random.js';
import { isRequestFault } from './retry-plan.js';

/** A key with which the candidate can serve now, outside `exclude` (key names), or why it can't. */
export function keyOrObstacle(
  context: Context,
  candidate: Candidate,
  exclude = busyKeys(context.history, candidate.entry.keyPool),
): PoolKey | PassedOverReason {
  const blocked = blockedBy(context, candidate);
  if (blocked !== undefined) return blocked;
  const { view, seed, history } = context;
  const keys = view.keys(candidate);
  const key = keys.pick(randomFor(seed, history.length, keyChoice), exclude);
  return key ?? (keys.hasAny ? 'KeysTried' : keys.obstacle);
}

/** What keeps every attempt from the candidate, whichever its key. */
export function blockedBy(context: Context, candidate: Candidate): PassedOverReason | undefined {
  if (!isAdmitted(context, candidate)) {
    return context.view.breaker(candidate)?.phase === 'Open' ? 'BreakerOpen' : 'ProbesTaken';
  }
  return hasConnection(context, candidate) ? undefined : 'ConnectionLimit';
}

export function isAdmitted({ view, nowMs }: Context, candidate: Candidate): boolean {
  return breakerAdmits(view.breaker(candidate), candidate.entry.breaker, nowMs);
}

function hasConnection({ view }: Context, candidate: Candidate): boolean {
  return view.connections(candidate).inUse < candidate.entry.connections.max;
}

/** Why the candidate isn't one for a backend that the request hasn't used. */
export function usedAs({ history, failures }: Context, { backend }: Candidate): PassedOverReason | undefined {
  if (history.length === 0 || !hasTried(history, backend)) return undefined;
  return failures.some((failure) => failure.backend === backend && isRequestFault(failure.outcome))
    ? 'RefusedRequest'
    : 'Tried';
}

/** Leaves the reason in the decision. A candidate is looked at by several steps: what says most stays. */
export function passOver(context: Context, candidate: Candidate, reason: PassedOverReason): void {
  const at = context.passedOver.findIndex((entry) => entry.candidate === candidate.backend);
  if (at < 0) context.passedOver = [...context.passedOver, noteOf(context, candidate, reason)];
  else if (context.passedOver[at]?.reason === 'Tried' && reason !== 'Tried') {
    context.passedOver = context.passedOver.with(at, noteOf(context, candidate, reason));
  }
}

/** What the table itself rules out; noted once something else was passed over, too. */
export function passOverUnusable(context: Context, unusable: readonly PassedOver[]): void {
  for (const entry of unusable) {
    const isNoted = context.passedOver.some(({ candidate }) => candidate === entry.candidate);
    if (!isNoted) context.passedOver = [...context.passedOver, entry];
  }
}

function noteOf({ view }: Context, candidate: Candidate, reason: PassedOverReason): PassedOver {
  const untilMs = endOf(view.breaker(candidate), view.keys(candidate).backAtMs, reason);
  return untilMs === undefined || untilMs === Infinity
    ? { candidate: candidate.backend, reason }
    : { candidate: candidate.backend, reason, untilMs };
}

function endOf(
  breaker: ReturnType<Context['view']['breaker']>,
  backAtMs: number,
  reason: PassedOverReason,
): number | undefined {
  switch (reason) {
    case 'BreakerOpen':
      return breaker?.phase === 'Open' ? breaker.untilMs : undefined;
    case 'KeysCooling':
    case 'KeysExhausted':
    case 'KeysRefused':
      return backAtMs;
    default:
      return undefined;
  }
}
