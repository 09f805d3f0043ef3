import fc from 'fast-check';
import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import { poolEntry } from '../testing/world.js';
import { KeyIndex } from './key-index.js';

const selections = ['WeightedRandom', 'RoundRobin', 'LeastInFlight'] as const;

function poolOf(selection: KeyPoolEntry['selection'], keys: readonly Partial<PoolKey>[]): KeyPoolEntry {
  return {
    ...poolEntry('pool', {}),
    selection,
    keys: keys.map((key, i) => ({ name: `k${i}`, credential: `c${i}`, weight: 1, limiterId: `l${i}`, ...key })),
  };
}

const three = [{}, {}, {}];
const names = (index: KeyIndex, randoms: readonly number[], exclude: readonly string[] = []) =>
  randoms.map((random) => index.pick(0, random, exclude)?.name);

describe('choosing', () => {
  it('is in proportion to the weights', () => {
    const index = new KeyIndex(poolOf('WeightedRandom', [{ weight: 1 }, { weight: 0 }, { weight: 3 }]), 'm');
    expect(names(index, [0, 0.24, 0.25, 0.99])).toEqual(['k0', 'k0', 'k2', 'k2']);
  });

  it('goes round', () => {
    const index = new KeyIndex(poolOf('RoundRobin', three), 'm');
    const taken = [0, 0, 0, 0].map((random) => {
      const key = index.pick(0, random, [])!;
      index.taken(key);
      return key.name;
    });
    expect(taken).toEqual(['k0', 'k1', 'k2', 'k0']);
    index.cool('c1', 100);
    expect(names(index, [0])).toEqual(['k2']);
    index.taken({ name: 'gone', credential: '', weight: 1, limiterId: '' });
    expect(names(index, [0])).toEqual(['k2']);
  });

  it('takes the key with the fewest requests in flight, ties at random', () => {
    const index = new KeyIndex(poolOf('LeastInFlight', three), 'm');
    index.setInFlight('l0', 2);
    expect(names(index, [0, 0.4, 0.6])).toEqual(['k1', 'k1', 'k2']);
    index.setInFlight('l1', 3);
    index.setInFlight('l2', 3);
    expect(names(index, [0, 0.9])).toEqual(['k0', 'k0']);
    index.cool('c0', Infinity);
    expect(names(index, [0, 0.9])).toEqual(['k1', 'k2']);
  });

  it.each(selections)('knows only the keys that serve the model, %s', (selection) => {
    const index = new KeyIndex(poolOf(selection, [{ models: ['other'] }, { models: ['m', 'n'] }]), 'm');
    expect(names(index, [0, 0.9])).toEqual(['k1', 'k1']);
  });

  it.each(selections)('passes excluded keys over, for this once, %s', (selection) => {
    const index = new KeyIndex(poolOf(selection, three), 'm');
    expect(names(index, [0], ['k0', 'unknown', 'k2'])).toEqual(['k1']);
    expect(names(index, [0], ['k0', 'k1', 'k2'])).toEqual([undefined]);
    expect(names(index, [0])).toEqual(['k0']);
  });

  it.each(selections)('finds nothing in an empty pool, %s', (selection) => {
    const index = new KeyIndex(poolOf(selection, []), 'm');
    expect(names(index, [0.5])).toEqual([undefined]);
    expect(index.nextAvailableMs(0)).toBe(Infinity);
  });
});

describe('coming back', () => {
  it('happens when the cooldown ends, as last set', () => {
    const index = new KeyIndex(poolOf('WeightedRandom', [{}]), 'm');
    index.cool('c0', 100);
    index.cool('c0', 300);
    expect(index.nextAvailableMs(0)).toBe(300);
    expect(index.pick(200, 0, [])).toBeUndefined();
    expect(index.pick(300, 0, [])?.name).toBe('k0');
  });

  it('may be moved earlier, and to never', () => {
    const index = new KeyIndex(poolOf('WeightedRandom', [{}]), 'm');
    index.cool('c0', 300);
    index.cool('c0', 0);
    expect(index.nextAvailableMs(5)).toBe(5);
    index.cool('c0', Infinity);
    expect(index.nextAvailableMs(400)).toBe(Infinity);
  });

  it('follows a permit', () => {
    const index = new KeyIndex(
      poolOf('WeightedRandom', [{ maxConcurrency: 2, limiterId: 'l' }, { limiterId: 'l' }]),
      'm',
    );
    index.setInFlight('l', 2);
    expect(index.isSaturated(0)).toBe(true);
    expect(names(index, [0])).toEqual(['k1']);
    index.cool('c0', 50);
    expect(index.isSaturated(0)).toBe(false);
    expect(index.isSaturated(50)).toBe(true);
    index.setInFlight('l', 1);
    expect(index.isSaturated(50)).toBe(false);
  });
});

/** What the index must agree with: all keys looked at, each time. */
class Model {
  readonly coolUntilMs = new Map<string, number>();
  readonly inFlight = new Map<string, number>();
  constructor(readonly pool: KeyPoolEntry) {}

  available(nowMs: number, exclude: readonly string[]): PoolKey[] {
    return this.pool.keys.filter(
      (key) =>
        key.weight > 0 &&
        !exclude.includes(key.name) &&
        (this.coolUntilMs.get(key.credential) ?? 0) <= nowMs &&
        (this.inFlight.get(key.limiterId) ?? 0) < (key.maxConcurrency ?? Infinity),
    );
  }
}

const change = fc.oneof(
  fc.record({ type: fc.constant('cool' as const), key: fc.nat(11), ms: fc.constantFrom(0, 1, 5, 50, 500, Infinity) }),
  fc.record({ type: fc.constant('permit' as const), key: fc.nat(5), inFlight: fc.nat(3) }),
  fc.record({
    type: fc.constant('pick' as const),
    passMs: fc.nat(60),
    random: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    exclude: fc.array(
      fc.nat(11).map((i) => `k${i}`),
      { maxLength: 3 },
    ),
  }),
);

describe('the index', () => {
  it.each(selections)('offers exactly what a look at all keys would, %s', (selection) => {
    const keys = fc.array(
      fc.record({
        weight: fc.nat(4),
        limiterId: fc.nat(5).map((i) => `l${i}`),
        maxConcurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(keys, fc.array(change, { maxLength: 60 }), (specs, changes) => {
        const pool = poolOf(selection, specs);
        const index = new KeyIndex(pool, 'm');
        const model = new Model(pool);
        let nowMs = 1;
        for (const step of changes) {
          if (step.type === 'cool') {
            const untilMs = step.ms === 0 ? 0 : nowMs + step.ms;
            model.coolUntilMs.set(`c${step.key}`, untilMs);
            index.cool(`c${step.key}`, untilMs);
          } else if (step.type === 'permit') {
            model.inFlight.set(`l${step.key}`, step.inFlight);
            index.setInFlight(`l${step.key}`, step.inFlight);
          } else {
            nowMs += step.passMs;
            const able = model.available(nowMs, step.exclude).map((key) => key.name);
            const picked = index.pick(nowMs, step.random, step.exclude)?.name;
            if (able.length === 0) expect(picked).toBeUndefined();
            else expect(able).toContain(picked);
          }
          expect(index.nextAvailableMs(nowMs) <= nowMs).toBe(model.available(nowMs, []).length > 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('costs a pool of 10,000 keys what one of 10 costs', () => {
    const depth = (size: number) => {
      const index = new KeyIndex(
        poolOf(
          'WeightedRandom',
          Array.from({ length: size }, () => ({})),
        ),
        'm',
      );
      let reads = 0;
      const tree = (index as unknown as { selection: { tree: { sums: Float64Array } } }).selection.tree;
      tree.sums = new Proxy(tree.sums, {
        get: (target, name) => {
          if (typeof name === 'string' && /^\d+$/.test(name)) reads++;
          return Reflect.get(target, name, target) as unknown;
        },
      });
      index.pick(0, 0.77, []);
      return reads;
    };
    expect(depth(10)).toBeLessThanOrEqual(8);
    expect(depth(10_000)).toBeLessThanOrEqual(30);
  });
});
