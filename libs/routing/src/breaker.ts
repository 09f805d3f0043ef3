import type { BreakerPolicy } from '#libs/routing-table';

/**
 * A circuit breaker for one provider and model, as a reducer with one function an event.
 *
 * What counts. A failure is an attempt that ended with Network, Timeout, Overloaded or ServerError: the backend is in
 * trouble. RateLimited, Auth and QuotaExhausted are a key's trouble and cool that key; InvalidRequest, ContextLength,
 * ContentFiltered and ContentError show a backend that works; Cancelled shows nothing. All but the last are successes
 * here, except while half-open, where a key's trouble shows nothing either: a probe must not close a breaker with a 429.
 *
 * Trips. Closed opens when `consecutiveFailures` failures follow each other, or when in the window at least `minRequests`
 * results stand and `percent` or more of them are failures; a tie opens. A failure is counted before the test, a
 * success never opens. The window is ten buckets; a bucket leaves as a whole, so the window spans 0.9 to 1.0 of
 * `windowMs`. Cold start: an unused breaker is closed with an empty window, so only the run can open it before
 * `minRequests` results stand.
 *
 * Opens for `openForMs`, doubled with each opening that follows without a full close, at most `maxOpenForMs`. Then, at the
 * next admission, half-open: `halfOpenProbes` at a time; `successesToClose` successes close it, one failure opens it.
 *
 * Late results. Each change of phase is a new epoch; a result counts only in the epoch its attempt started in, so an
 * attempt from before the opening neither closes nor re-opens anything.
 */
export type BreakerState = ClosedBreaker | OpenBreaker | HalfOpenBreaker;

export interface ClosedBreaker {
  readonly phase: 'Closed';
  readonly epoch: number;
  readonly consecutiveFailures: number;
  readonly window: FailureWindow;
}
export interface OpenBreaker {
  readonly phase: 'Open';
  readonly epoch: number;
  /** Openings since it was last closed, this one included. */
  readonly openings: number;
  readonly untilMs: number;
}
export interface HalfOpenBreaker {
  readonly phase: 'HalfOpen';
  readonly epoch: number;
  readonly openings: number;
  readonly probesInFlight: number;
  readonly successes: number;
}

/** Results by tenth of the window. `counts[2i]`: all, `counts[2i + 1]`: failures, of the bucket whose tick is i mod 10. */
interface FailureWindow {
  readonly tick: number;
  readonly counts: readonly number[];
}

export type BreakerResult = 'Success' | 'Failure' | 'Nothing';

const buckets = 10;
const emptyCounts: readonly number[] = Array.from({ length: 2 * buckets }, () => 0);

export const newBreaker: ClosedBreaker = {
  phase: 'Closed',
  epoch: 0,
  consecutiveFailures: 0,
  window: { tick: 0, counts: emptyCounts },
};

/** What an attempt's outcome means to a breaker in this phase. `undefined`: the attempt succeeded. */
export function breakerResult(errorClass: string | undefined, phase: BreakerState['phase']): BreakerResult {
  switch (errorClass) {
    case 'Network':
    case 'Timeout':
    case 'Overloaded':
    case 'ServerError':
      return 'Failure';
    case 'RateLimited':
    case 'Auth':
    case 'QuotaExhausted':
      return phase === 'HalfOpen' ? 'Nothing' : 'Success';
    case 'Cancelled':
      return 'Nothing';
    default:
      return 'Success';
  }
}

/** May an attempt start now? undefined: a breaker never used. */
export function breakerAdmits(state: BreakerState | undefined, policy: BreakerPolicy, nowMs: number): boolean {
  if (state === undefined || state.phase === 'Closed') return true;
  if (state.phase === 'Open') return nowMs >= state.untilMs;
  return state.probesInFlight < policy.halfOpenProbes;
}

/** The cap on the ejected share, asked before an ejection. One of a provider's breakers may always open. */
export function mayEject(policy: BreakerPolicy, ejected: number, population: number): boolean {
  return ejected + 1 <= Math.max(1, Math.floor((population * policy.maxEjectedPercent) / 100));
}

/** An attempt that `breakerAdmits` let through starts. The caller keeps the new state's epoch for the end. */
export function breakerStarted(state: BreakerState, nowMs: number): BreakerState {
  switch (state.phase) {
    case 'Closed':
      return state;
    case 'Open':
      if (nowMs < state.untilMs) return state;
      return {
        phase: 'HalfOpen',
        epoch: state.epoch + 1,
        openings: state.openings,
        probesInFlight: 1,
        successes: 0,
      };
    case 'HalfOpen':
      return { ...state, probesInFlight: state.probesInFlight + 1 };
  }
}

/**
 * An attempt ended. `epoch`: of the state at its start. `ejectable`: whether `mayEject` allows another opening; if not,
 * a closed breaker stays closed with its counts, and opens at the first failure after a place is free.
 */
export function breakerEnded(
  state: BreakerState,
  policy: BreakerPolicy,
  result: BreakerResult,
  epoch: number,
  ejectable: boolean,
  nowMs: number,
): BreakerState {
  if (state.epoch !== epoch || state.phase === 'Open') return state;
  if (state.phase === 'HalfOpen') return probeEnded(state, policy, result, nowMs);
  if (result === 'Nothing') return state;
  return closedEnded(state, policy, result === 'Failure', ejectable, nowMs);
}

function closedEnded(
  state: ClosedBreaker,
  policy: BreakerPolicy,
  failed: boolean,
  ejectable: boolean,
  nowMs: number,
): BreakerState {
  const window = record(state.window, failed, Math.floor((nowMs * buckets) / policy.failureRatio.windowMs));
  const consecutiveFailures = failed ? state.consecutiveFailures + 1 : 0;
  if (failed && ejectable && (consecutiveFailures >= policy.consecutiveFailures || ratioTrips(window, policy))) {
    return open(state.epoch, 1, policy, nowMs);
  }
  return { phase: 'Closed', epoch: state.epoch, consecutiveFailures, window };
}

function probeEnded(state: HalfOpenBreaker, policy: BreakerPolicy, result: BreakerResult, nowMs: number): BreakerState {
  if (result === 'Failure') return open(state.epoch, state.openings + 1, policy, nowMs);
  const successes = state.successes + (result === 'Success' ? 1 : 0);
  if (successes >= policy.successesToClose) return { ...newBreaker, epoch: state.epoch + 1 };
  return { ...state, probesInFlight: state.probesInFlight - 1, successes };
}

function open(epoch: number, openings: number, policy: BreakerPolicy, nowMs: number): OpenBreaker {
  const openForMs = Math.min(policy.maxOpenForMs, policy.openForMs * 2 ** (openings - 1));
  return { phase: 'Open', epoch: epoch + 1, openings, untilMs: nowMs + openForMs };
}

/** Buckets between the last tick and this one are empty. A clock that went back counts into the newest bucket. */
function record(window: FailureWindow, failed: boolean, now: number): FailureWindow {
  const tick = Math.max(now, window.tick);
  const counts = window.counts.slice();
  for (let stale = Math.max(window.tick + 1, tick - buckets + 1); stale <= tick; stale++) {
    counts[2 * (stale % buckets)] = 0;
    counts[2 * (stale % buckets) + 1] = 0;
  }
  const at = 2 * (tick % buckets);
  counts[at] = counts[at]! + 1;
  if (failed) counts[at + 1] = counts[at + 1]! + 1;
  return { tick, counts };
}

function ratioTrips({ counts }: FailureWindow, { failureRatio }: BreakerPolicy): boolean {
  let all = 0;
  let failures = 0;
  for (let i = 0; i < counts.length; i += 2) {
    all += counts[i]!;
    failures += counts[i + 1]!;
  }
  return all >= failureRatio.minRequests && failures * 100 >= failureRatio.percent * all;
}
