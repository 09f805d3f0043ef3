import type { BreakerPolicy } from '#libs/routing-table';
import { countsOf, emptyWindow, type FailureWindow, recorded } from './failure-window.js';

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
 * success never opens. What an attempt came to is known at its commit point, so that a probe that streams for minutes
 * doesn't hold others up; a stream that is cut off after it turns the success that was counted into a failure, and
 * `consecutiveFailures` of those without a whole answer between them open, too. The window is ten buckets; a bucket leaves as a whole, so the window spans 0.9 to 1.0 of
 * `windowMs`. Cold start: an unused breaker is closed with an empty window, so only the run can open it before
 * `minRequests` results stand.
 *
 * Opens for `openForMs`, doubled with each opening that follows without a full close, at most `maxOpenForMs`. Then, at the
 * next admission, half-open: `halfOpenProbes` at a time; `successesToClose` successes close it, one failure opens it if
 * the cap on the ejected share leaves a place.
 *
 * Late results. Each change of phase is a new epoch; a result counts only in the epoch its attempt started in, so an
 * attempt from before the opening neither closes nor re-opens anything.
 */
export type BreakerState = ClosedBreaker | OpenBreaker | HalfOpenBreaker;

export interface ClosedBreaker {
  readonly phase: 'Closed';
  readonly epoch: number;
  readonly consecutiveFailures: number;
  /** Answers cut off after their commit point since the last whole one. */
  readonly consecutiveTruncations: number;
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

/** Of an attempt: one of the first three, at its commit point or its end. Of an answer after its commit point: one of the last two. */
export type BreakerResult = 'Success' | 'Failure' | 'Nothing' | 'Completed' | 'Truncated';

/** Only such a result opens a breaker. */
export function countsAsFailure(result: BreakerResult): boolean {
  return result === 'Failure' || result === 'Truncated';
}

/** An attempt's result, as a breaker hears of it. */
export interface BreakerReport {
  readonly result: BreakerResult;
  /** Of the state at the attempt's start; once it has committed, at its commit point. */
  readonly epoch: number;
  /** Whether `mayEject` allows another opening; asked for failures only. */
  readonly ejectable: boolean;
  readonly nowMs: number;
}

export const newBreaker: ClosedBreaker = {
  phase: 'Closed',
  epoch: 0,
  consecutiveFailures: 0,
  consecutiveTruncations: 0,
  window: emptyWindow,
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

/**
 * What the end of an answer means that had passed its commit point: the attempt itself has been counted there, and its
 * probe given back. undefined: nothing, so that a breaker isn't told at all.
 */
export function resultAfterCommit(errorClass: string | undefined): 'Completed' | 'Truncated' | undefined {
  if (errorClass === undefined) return 'Completed';
  return breakerResult(errorClass, 'Closed') === 'Failure' ? 'Truncated' : undefined;
}

/** May an attempt start now? undefined: a breaker never used. */
export function breakerAdmits(state: BreakerState | undefined, policy: BreakerPolicy, nowMs: number): boolean {
  if (state === undefined || state.phase === 'Closed') return true;
  if (state.phase === 'Open') return nowMs >= state.untilMs;
  return state.probesInFlight < policy.halfOpenProbes;
}

/** The phase that a request finds: one whose time is over lets probes through, though none has come yet. */
export function phaseAt(state: BreakerState, nowMs: number): BreakerState['phase'] {
  return state.phase === 'Open' && nowMs >= state.untilMs ? 'HalfOpen' : state.phase;
}

/** The cap on the ejected share, asked before an opening; `open` counts the others of the provider that admit nothing now. One may always open. */
export function mayEject(policy: BreakerPolicy, open: number, population: number): boolean {
  return open + 1 <= Math.max(1, Math.floor((population * policy.maxEjectedPercent) / 100));
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
 * An attempt has a result. One that may not be ejected stays closed with its counts, or half-open with its successes
 * forgotten, and opens at the first failure after a place is free.
 */
export function breakerHeard(state: BreakerState, policy: BreakerPolicy, report: BreakerReport): BreakerState {
  if (state.epoch !== report.epoch || state.phase === 'Open') return state;
  return state.phase === 'HalfOpen' ? probeHeard(state, policy, report) : closedHeard(state, policy, report);
}

function closedHeard(state: ClosedBreaker, policy: BreakerPolicy, report: BreakerReport): BreakerState {
  const { result, ejectable, nowMs } = report;
  if (result === 'Nothing') return state;
  if (result === 'Completed') return { ...state, consecutiveTruncations: 0 };
  const { windowMs } = policy.failureRatio;
  const window = recorded(state.window, {
    // A truncated answer has been counted as a success: only the failure is new.
    results: result === 'Truncated' ? 0 : 1,
    failures: result === 'Success' ? 0 : 1,
    nowMs,
    windowMs,
  });
  const next: ClosedBreaker = {
    phase: 'Closed',
    epoch: state.epoch,
    consecutiveFailures: result === 'Success' ? 0 : state.consecutiveFailures + (result === 'Failure' ? 1 : 0),
    consecutiveTruncations: state.consecutiveTruncations + (result === 'Truncated' ? 1 : 0),
    window,
  };
  const trips = countsAsFailure(result) && ejectable && (runTrips(next, policy) || ratioTrips(window, policy));
  return trips ? open(state.epoch, 1, policy, nowMs) : next;
}

function runTrips(state: ClosedBreaker, policy: BreakerPolicy): boolean {
  return Math.max(state.consecutiveFailures, state.consecutiveTruncations) >= policy.consecutiveFailures;
}

function probeHeard(state: HalfOpenBreaker, policy: BreakerPolicy, report: BreakerReport): BreakerState {
  const { result, ejectable, nowMs } = report;
  if (countsAsFailure(result) && ejectable) return open(state.epoch, state.openings + 1, policy, nowMs);
  // The probe was given back at the commit point.
  if (result === 'Completed') return state;
  if (result === 'Truncated') return { ...state, successes: 0 };
  const successes = result === 'Failure' ? 0 : state.successes + (result === 'Success' ? 1 : 0);
  if (successes >= policy.successesToClose) return { ...newBreaker, epoch: state.epoch + 1 };
  return { ...state, probesInFlight: state.probesInFlight - 1, successes };
}

function open(epoch: number, openings: number, policy: BreakerPolicy, nowMs: number): OpenBreaker {
  const openForMs = Math.min(policy.maxOpenForMs, policy.openForMs * 2 ** (openings - 1));
  return { phase: 'Open', epoch: epoch + 1, openings, untilMs: nowMs + openForMs };
}

function ratioTrips(window: FailureWindow, { failureRatio }: BreakerPolicy): boolean {
  const { results, failures } = countsOf(window);
  return results >= failureRatio.minRequests && failures * 100 >= failureRatio.percent * results;
}
