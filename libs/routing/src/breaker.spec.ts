import {
  breakerAdmits,
  breakerHeard,
  type BreakerResult,
  breakerResult,
  type BreakerState,
  breakerStarted,
  mayEject,
  newBreaker,
  resultAfterCommit,
} from './breaker.js';
import { countsOf } from './failure-window.js';
import { breakerPolicy } from './testing/world.js';

const policy = breakerPolicy;

/** One attempt that takes no time. */
function attempt(state: BreakerState, result: BreakerResult, nowMs: number, ejectable = true): BreakerState {
  const started = breakerStarted(state, nowMs);
  return breakerHeard(started, policy, { result, epoch: started.epoch, ejectable, nowMs });
}

function attempts(state: BreakerState, results: string, nowMs: number, ejectable = true): BreakerState {
  return results
    .split('')
    .reduce<BreakerState>((s, r) => attempt(s, r === '+' ? 'Success' : 'Failure', nowMs, ejectable), state);
}

describe('a closed breaker', () => {
  it('opens at the last failure of a run, and not before', () => {
    expect(attempts(newBreaker, '----', 0).phase).toBe('Closed');
    expect(attempts(newBreaker, '-----', 0)).toMatchObject({ phase: 'Open', untilMs: 30_000, openings: 1 });
  });

  it('forgets the run at a success', () => {
    expect(attempts(newBreaker, '----+----', 0).phase).toBe('Closed');
  });

  it('does not count what shows nothing', () => {
    const state = attempts(newBreaker, '----', 0);
    expect(attempt(state, 'Nothing', 0)).toBe(state);
  });

  it('opens at a tie with the ratio, once enough results stand', () => {
    expect(attempts(newBreaker, '-+'.repeat(9) + '-', 0).phase).toBe('Closed');
    expect(attempts(newBreaker, '+-'.repeat(9) + '+', 0).phase).toBe('Closed');
    expect(attempts(newBreaker, '+-'.repeat(10), 0).phase).toBe('Open');
  });

  it('never opens at a success, even where the ratio is reached by it', () => {
    expect(attempts(newBreaker, '-+'.repeat(10), 0).phase).toBe('Closed');
  });

  it('forgets results with their bucket', () => {
    const early = attempts(newBreaker, '-+'.repeat(9), 0);
    expect(attempts(early, '+-', 26_999).phase).toBe('Open');
    expect(attempts(early, '+-', 30_000).phase).toBe('Closed');
    expect(attempts(early, '+-', 1_000_000).phase).toBe('Closed');
  });

  it('counts into the newest bucket when the clock goes back', () => {
    const state = attempts(attempts(newBreaker, '-+'.repeat(9), 60_000), '+-', 1000);
    expect(state.phase).toBe('Open');
  });

  it('stays closed while no more may be ejected, and opens at the next failure after', () => {
    const full = attempts(newBreaker, '------', 0, false);
    expect(full.phase).toBe('Closed');
    expect(attempt(full, 'Failure', 0).phase).toBe('Open');
  });
});

describe('an open breaker', () => {
  const opened = attempts(newBreaker, '-----', 0);

  it('admits nothing until its time has come', () => {
    expect(breakerAdmits(opened, policy, 29_999)).toBe(false);
    expect(breakerAdmits(opened, policy, 30_000)).toBe(true);
    expect(breakerAdmits(undefined, policy, 0)).toBe(true);
    expect(breakerStarted(opened, 29_999)).toBe(opened);
  });

  it('ignores attempts that began before it opened', () => {
    expect(
      breakerHeard(opened, policy, { result: 'Failure', epoch: newBreaker.epoch, ejectable: true, nowMs: 10 }),
    ).toBe(opened);
    const probing = breakerStarted(opened, 30_000);
    expect(
      breakerHeard(probing, policy, { result: 'Success', epoch: newBreaker.epoch, ejectable: true, nowMs: 30_010 }),
    ).toBe(probing);
  });

  it('admits as many probes at a time as configured', () => {
    const probing = breakerStarted(opened, 30_000);
    expect(probing).toMatchObject({ phase: 'HalfOpen', probesInFlight: 1 });
    expect(breakerAdmits(probing, policy, 30_000)).toBe(false);
    const two = { ...policy, halfOpenProbes: 2 };
    expect(breakerAdmits(probing, two, 30_000)).toBe(true);
    expect(breakerStarted(probing, 30_000)).toMatchObject({ probesInFlight: 2 });
  });

  it('closes with an empty window after enough successes', () => {
    const once = attempt(opened, 'Success', 30_000);
    expect(once).toMatchObject({ phase: 'HalfOpen', probesInFlight: 0, successes: 1 });
    const closed = attempt(once, 'Success', 30_000);
    expect(closed).toMatchObject({ phase: 'Closed', consecutiveFailures: 0 });
    expect(attempts(closed, '----', 30_000).phase).toBe('Closed');
  });

  it('gives a probe that shows nothing back', () => {
    expect(attempt(opened, 'Nothing', 30_000)).toMatchObject({ phase: 'HalfOpen', probesInFlight: 0, successes: 0 });
  });

  it('stays half-open while no more may be ejected, its successes forgotten, and opens once a place is free', () => {
    const once = attempt(opened, 'Success', 30_000);
    const failed = attempt(once, 'Failure', 30_000, false);
    expect(failed).toMatchObject({ phase: 'HalfOpen', openings: 1, probesInFlight: 0, successes: 0 });
    const cutOff = { result: 'Truncated', epoch: once.epoch, ejectable: false, nowMs: 30_000 } as const;
    expect(breakerHeard(once, policy, cutOff)).toEqual(failed);
    expect(attempt(failed, 'Failure', 30_000)).toMatchObject({ phase: 'Open', untilMs: 90_000 });
  });

  it('stays open longer each time, up to the limit, and starts over once closed', () => {
    let state: BreakerState = opened;
    const spans: number[] = [];
    for (let i = 0; i < 6; i++) {
      const nowMs = state.phase === 'Open' ? state.untilMs : NaN;
      state = attempt(state, 'Failure', nowMs);
      if (state.phase === 'Open') spans.push(state.untilMs - nowMs);
    }
    expect(spans).toEqual([60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
    const nowMs = state.phase === 'Open' ? state.untilMs : NaN;
    const closed = attempts(state, '++', nowMs);
    expect(attempts(closed, '-----', nowMs)).toMatchObject({ phase: 'Open', untilMs: nowMs + 30_000 });
  });
});

describe('an answer that is cut off after its commit point', () => {
  /** `c`: committed and whole. `t`: committed and cut off. */
  const answers = (state: BreakerState, results: string, nowMs = 0) =>
    results.split('').reduce((before, result) => {
      const committed = attempt(before, 'Success', nowMs);
      const end = { result: result === 'c' ? 'Completed' : 'Truncated', ejectable: true, nowMs } as const;
      return breakerHeard(committed, policy, { ...end, epoch: committed.epoch });
    }, state);

  it('turns its success into a failure of the window, and is no result of its own', () => {
    const state = answers(newBreaker, 'ttttc');
    expect(state.phase === 'Closed' && countsOf(state.window)).toEqual({ results: 5, failures: 4 });
  });

  it('opens after a run of them, which only a whole answer ends', () => {
    expect(answers(newBreaker, 'tttt').phase).toBe('Closed');
    expect(answers(newBreaker, 'ttttt').phase).toBe('Open');
    expect(answers(newBreaker, 'ttttctttt').phase).toBe('Closed');
  });

  it('opens a half-open breaker again, whose probe was free since the commit point', () => {
    const opened = attempts(newBreaker, '-----', 0);
    const committed = attempt(opened, 'Success', 30_000);
    expect(committed).toMatchObject({ phase: 'HalfOpen', probesInFlight: 0, successes: 1 });
    const end = (result: 'Completed' | 'Truncated') =>
      breakerHeard(committed, policy, { result, epoch: committed.epoch, ejectable: true, nowMs: 40_000 });
    expect(end('Completed')).toBe(committed);
    expect(end('Truncated')).toMatchObject({ phase: 'Open', openings: 2, untilMs: 100_000 });
  });

  it.each([
    [undefined, 'Completed'],
    ['Network', 'Truncated'],
    ['Timeout', 'Truncated'],
    ['RateLimited', undefined],
    ['ContentFiltered', undefined],
    ['Cancelled', undefined],
  ])('%s: %s', (errorClass, expected) => {
    expect(resultAfterCommit(errorClass)).toBe(expected);
  });
});

describe('what counts', () => {
  it.each([
    [undefined, 'Success', 'Success'],
    ['Network', 'Failure', 'Failure'],
    ['Timeout', 'Failure', 'Failure'],
    ['Overloaded', 'Failure', 'Failure'],
    ['ServerError', 'Failure', 'Failure'],
    ['RateLimited', 'Success', 'Nothing'],
    ['Auth', 'Success', 'Nothing'],
    ['QuotaExhausted', 'Success', 'Nothing'],
    ['InvalidRequest', 'Success', 'Success'],
    ['ContextLength', 'Success', 'Success'],
    ['ContentFiltered', 'Success', 'Success'],
    ['ContentError', 'Success', 'Success'],
    ['Cancelled', 'Nothing', 'Nothing'],
  ])('%s: %s when closed, %s when half-open', (errorClass, closed, halfOpen) => {
    expect(breakerResult(errorClass, 'Closed')).toBe(closed);
    expect(breakerResult(errorClass, 'HalfOpen')).toBe(halfOpen);
  });
});

describe('the cap on ejections', () => {
  it.each([
    [0, 1, true],
    [1, 1, false],
    [0, 3, true],
    [1, 3, false],
    [1, 4, true],
    [2, 4, false],
  ])('%i of %i out: another one %s', (ejected, population, expected) => {
    expect(mayEject(policy, ejected, population)).toBe(expected);
  });
});
