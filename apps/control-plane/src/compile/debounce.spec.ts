import fc from 'fast-check';
import { changed, idle, ran, type DebounceState } from './debounce.js';

const limits = { quietMs: 10, longestWaitMs: 50 };

/** Plays changes at these times in virtual time; returns when the runs begin. */
function play(changesAtMs: readonly number[]): number[] {
  const runs: number[] = [];
  let state: DebounceState = idle;
  let dueMs = Infinity;
  const runUntil = (nowMs: number) => {
    if (dueMs > nowMs) return;
    runs.push(dueMs);
    state = ran(dueMs);
    dueMs = Infinity;
  };
  for (const atMs of changesAtMs) {
    runUntil(atMs);
    [state, dueMs] = changed(state, atMs, limits);
  }
  runUntil(Infinity);
  return runs;
}

describe('debounce', () => {
  it.each<[string, number[], number[]]>([
    ['a single change runs at once', [100], [100]],
    ['changes far apart each run at once', [100, 200], [100, 200]],
    ['what comes on the heels of a run waits for quiet', [100, 103, 106], [100, 116]],
    ['nothing waits longer than the longest wait', [100, 101, 110, 119, 128, 137, 146, 155, 164], [100, 151, 174]],
    ['a change of the same moment as the run is taken along', [100, 100], [100, 110]],
  ])('%s', (_, changes, runs) => {
    expect(play(changes)).toEqual(runs);
  });

  it('every change is taken by a run, within the longest wait, and runs are never closer than quiet', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(gaps, (between) => {
        let atMs = 0;
        const changes = between.map((gap) => (atMs += gap));
        const runs = play(changes);
        for (const change of changes) {
          expect(runs.some((run) => run >= change && run <= change + limits.longestWaitMs)).toBe(true);
        }
        for (let index = 1; index < runs.length; index++) {
          expect(runs[index]! - runs[index - 1]!).toBeGreaterThanOrEqual(limits.quietMs);
        }
      }),
    );
  });
});
