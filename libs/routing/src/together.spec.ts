import type { Decision } from './decision.js';
import type { HistoryEntry } from './history.js';
import { failed, World, type WorldSpec } from './testing/world.js';

function short({ attempts, wait, stop }: Decision): string {
  if (attempts !== undefined) return attempts.map((a) => `${a.step} ${a.candidate.backend}/${a.key.name}`).join(', ');
  return wait === undefined ? `stop ${stop.code}` : `wait ${wait.ms} ${wait.for}`;
}

function running(backend: string, key: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return failed(backend, key, 'Pending', { endedMs: undefined, ...more });
}

const three = { a: { priority: 0 }, b: { priority: 1 }, c: { priority: 2, keys: ['k1', 'k2'] } };

describe('a race', () => {
  const race = (attempts: number, spec: Partial<WorldSpec> = {}) =>
    new World({ backends: three, together: { attempts, staggerMs: 0 }, retry: { maxAttempts: 9 }, ...spec });

  it('starts its attempts at once, each at another backend, then with another key', () => {
    expect(short(race(2).decide())).toBe('First a/k1, First b/k1');
    const five = short(race(5).decide()).split(', ');
    expect(five.slice(0, 2)).toEqual(['First a/k1', 'First b/k1']);
    expect(new Set(five)).toEqual(new Set(['First a/k1', 'First b/k1', 'First c/k1', 'First c/k2']));
  });

  it('uses no key of a shared pool twice', () => {
    const shared = { a: { keys: ['k1', 'k2'], maxConcurrency: 9 }, b: { pool: 'a', priority: 1 } };
    const world = race(2, { backends: shared });
    for (let seed = 0; seed < 30; seed++) {
      const names = world.decide([], 0, {}, seed).attempts?.map(({ candidate, key }) => [candidate.backend, key.name]);
      expect(names?.toSorted()).toEqual(
        names?.[0]?.[1] === 'k1'
          ? [
              ['a', 'k1'],
              ['b', 'k2'],
            ]
          : [
              ['a', 'k2'],
              ['b', 'k1'],
            ],
      );
    }
  });

  it('has no more attempts than a request may make', () => {
    expect(race(3, { retry: { maxAttempts: 2 } }).decide().attempts).toHaveLength(2);
  });

  it('is one attempt where no other candidate can serve', () => {
    const world = race(3);
    world.open('b', 9000);
    world.open('c', 9000);
    expect(short(world.decide())).toBe('First a/k1');
  });

  it('waits for those that run while one has failed, and goes on once all have', () => {
    const world = race(2);
    const half = [failed('a', 'k1', 'ServerError'), running('b', 'k1')];
    expect(short(world.decide(half, 0, { deadlineMs: 700 }))).toBe('wait 700 Pending');
    const none = [failed('a', 'k1', 'ServerError'), failed('b', 'k1', 'ServerError')];
    expect(short(world.decide(none))).toMatch(/^NextBackend c/);
  });
});

describe('a hedge', () => {
  const hedged = (spec: Partial<WorldSpec> = {}) =>
    new World({ backends: three, together: { attempts: 2, staggerMs: 500 }, ...spec });

  it('starts beside an attempt that is slow, and not before', () => {
    const world = hedged();
    expect(short(world.decide())).toBe('First a/k1');
    expect(short(world.decide([running('a', 'k1')], 100))).toBe('wait 400 Pending');
    expect(short(world.decide([running('a', 'k1')], 500))).toBe('Hedge b/k1');
    expect(short(world.decide([running('a', 'k1')], 100, { deadlineMs: 300 }))).toBe('wait 200 Pending');
  });

  it('is not started with too little time left for an answer', () => {
    expect(short(hedged().decide([running('a', 'k1')], 500, { deadlineMs: 505 }))).toBe('wait 5 Pending');
  });

  it('is the last, and comes no more once there is content', () => {
    const both = [running('a', 'k1'), running('b', 'k1', { startedMs: 500 })];
    expect(short(hedged().decide(both, 2000, { deadlineMs: 5000 }))).toBe('wait 3000 Pending');
    const committed = [running('a', 'k1', { progress: 'Committed' })];
    expect(short(hedged().decide(committed, 2000, { deadlineMs: 5000 }))).toBe('wait 3000 Pending');
  });

  it('draws on the retry budget, and is left out where that is empty or attempts are used up', () => {
    const world = hedged();
    expect(world.decide([running('a', 'k1')], 500).attempts?.[0]?.drawsOnRetryBudget).toBe(true);
    world.balance = 0;
    expect(short(world.decide([running('a', 'k1')], 500, { deadlineMs: 600 }))).toBe('wait 100 Pending');
    const single = hedged({ retry: { maxAttempts: 1 } });
    expect(short(single.decide([running('a', 'k1')], 500, { deadlineMs: 600 }))).toBe('wait 100 Pending');
  });

  it('takes another key of the only backend, and none where that is the one in use', () => {
    const two = hedged({ backends: { a: { keys: ['k1', 'k2'] } } });
    expect(short(two.decide([running('a', 'k1')], 500))).toBe('Hedge a/k2');
    const one = hedged({ backends: { a: { maxConcurrency: 9 } } });
    expect(short(one.decide([running('a', 'k1')], 500, { deadlineMs: 600 }))).toBe('wait 100 Pending');
  });

  it('does not go where the request was refused', () => {
    const world = hedged({ backends: { a: { keys: ['k1', 'k2'] } }, outside: { large: {} }, fallbacks: [large] });
    const history = [failed('a', 'k1', 'ContextLength'), running('large', 'k1')];
    expect(short(world.decide(history, 500, { deadlineMs: 600 }))).toBe('wait 100 Pending');
  });
});

const large = { errors: ['ContextLength'], backends: [{ backend: 'large', weight: 1, priority: 0 }] };

it('one after the other is the default: an attempt that runs is waited for', () => {
  const world = new World({ backends: three });
  expect(short(world.decide([running('a', 'k1')], 100, { deadlineMs: 1000 }))).toBe('wait 900 Pending');
});
