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
  randoms.map((random) => index.pick(random, exclude)?.name);

describe('choosing', () => {
  it('is in proportion to the weights', () => {
    const index = new KeyIndex(poolOf('WeightedRandom', [{ weight: 1 }, { weight: 0 }, { weight: 3 }]), 'm');
    expect(names(index, [0, 0.24, 0.25, 0.99])).toEqual(['k0', 'k0', 'k2', 'k2']);
  });

  it('goes round', () => {
    const index = new KeyIndex(poolOf('RoundRobin', three), 'm');
    const taken = [0, 0, 0, 0].map((random) => {
      const key = index.pick(random, [])!;
      index.taken(key);
      return key.name;
    });
    expect(taken).toEqual(['k0', 'k1', 'k2', 'k0']);
    index.rest('c1', 100, 'RateLimited');
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
    index.rest('c0', Infinity, 'Auth');
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
    expect([index.hasAny, index.backAtMs, index.obstacle]).toEqual([false, Infinity, 'NoKeyForModel']);
  });
});

describe('a resting key', () => {
  const one = () => new KeyIndex(poolOf('WeightedRandom', [{}]), 'm');

  it('is offered again when its owner says so, and says until then when that is', () => {
    const index = one();
    index.rest('c0', 100, 'RateLimited');
    index.rest('c0', 300, 'QuotaExhausted');
    expect([index.backAtMs, index.obstacle, names(index, [0])]).toEqual([300, 'KeysExhausted', [undefined]]);
    index.rest('c0', 0, 'QuotaExhausted');
    expect([index.backAtMs, names(index, [0])]).toEqual([Infinity, ['k0']]);
  });

  it('may be called back earlier, and never', () => {
    const index = one();
    index.rest('c0', 300, 'RateLimited');
    index.rest('c0', 200, 'RateLimited');
    expect(index.backAtMs).toBe(200);
    index.rest('c0', Infinity, 'Auth');
    expect([index.backAtMs, index.obstacle]).toEqual([Infinity, 'KeysRefused']);
  });

  it('is named by what is back first, whatever keeps the others', () => {
    const index = new KeyIndex(poolOf('WeightedRandom', [{}, {}, {}, {}, { maxConcurrency: 1 }]), 'm');
    const obstacles = [];
    index.setInFlight('l4', 1);
    index.rest('c0', Infinity, 'Unresolved');
    index.rest('c1', Infinity, 'Auth');
    index.rest('c2', 900, 'QuotaExhausted');
    index.rest('c3', 100, 'RateLimited');
    for (const credential of ['c4', 'c3', 'c2', 'c1']) {
      obstacles.push(index.obstacle);
      index.rest(credential, Infinity, 'Unresolved');
    }
    expect([...obstacles, index.obstacle]).toEqual([
      'KeysSaturated',
      'KeysCooling',
      'KeysExhausted',
      'KeysRefused',
      'NoCredential',
    ]);
  });

  it('is saturated only once it is back', () => {
    const index = new KeyIndex(
      poolOf('WeightedRandom', [{ maxConcurrency: 2, limiterId: 'l' }, { limiterId: 'l' }]),
      'm',
    );
    index.setInFlight('l', 2);
    expect([index.isSaturated, names(index, [0])]).toEqual([true, ['k1']]);
    index.rest('c0', 50, 'RateLimited');
    expect(index.isSaturated).toBe(false);
    index.rest('c0', 0, 'RateLimited');
    expect(index.isSaturated).toBe(true);
    index.setInFlight('l', 1);
    expect(index.isSaturated).toBe(false);
  });

  it('that is probed goes to no other request', () => {
    const index = one();
    index.probe('c0', true);
    expect([index.isSaturated, index.obstacle, names(index, [0])]).toEqual([true, 'KeysSaturated', [undefined]]);
    index.probe('c0', false);
    expect([index.isSaturated, names(index, [0])]).toEqual([false, ['k0']]);
  });
});

/** What the index must agree with: all keys looked at, each time. */
class Model {
  readonly coolUntilMs = new Map<string, number>();
  readonly inFlight = new Map<string, number>();
  constructor(readonly pool: KeyPoolEntry) {}

  /** Credentials whose time is over, once each. */
  over(nowMs: number): string[] {
    const over = [...this.coolUntilMs].filter(([, untilMs]) => untilMs > 0 && untilMs <= nowMs);
    for (const [credential] of over) this.coolUntilMs.set(credential, 0);
    return over.map(([credential]) => credential);
  }

  backAtMs(): number {
    const times = this.pool.keys
      .filter((key) => key.weight > 0)
      .map((key) => this.coolUntilMs.get(key.credential) ?? 0)
      .filter((untilMs) => untilMs > 0);
    return Math.min(Infinity, ...times);
  }

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

function stateOf(index: KeyIndex) {
  const randoms = [0, 0.2, 0.4, 0.6, 0.8];
  return [names(index, randoms), index.hasAny, index.backAtMs, index.isSaturated, index.obstacle];
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
            index.rest(`c${step.key}`, untilMs, 'RateLimited');
          } else if (step.type === 'permit') {
            model.inFlight.set(`l${step.key}`, step.inFlight);
            index.setInFlight(`l${step.key}`, step.inFlight);
          } else {
            nowMs += step.passMs;
            for (const credential of model.over(nowMs)) index.rest(credential, 0, 'RateLimited');
            const able = model.available(nowMs, step.exclude).map((key) => key.name);
            const picked = index.pick(step.random, step.exclude)?.name;
            if (able.length === 0) expect(picked).toBeUndefined();
            else expect(able).toContain(picked);
          }
          expect(index.hasAny).toBe(model.available(nowMs, []).length > 0);
          expect(index.backAtMs).toBe(model.backAtMs());
          expect(stateOf(index.copy())).toEqual(stateOf(index));
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
      index.pick(0.77, []);
      return reads;
    };
    expect(depth(10)).toBeLessThanOrEqual(8);
    expect(depth(10_000)).toBeLessThanOrEqual(30);
  });
});
