import type { RouteRule } from '#libs/routing-table';
import { matchRule } from './match-rule.js';
import { prepareRoute } from './prepared-route.js';
import { strategies } from './strategies/registry.js';
import { backendEntry, poolEntry, World } from './testing/world.js';

function rules(...list: Partial<RouteRule>[]) {
  const { entry } = new World({ backends: {} }).route;
  const all = list.map((rule, i) => ({ name: `r${i}`, backends: [], fallbacks: [], ...rule }));
  return prepareRoute(
    { ...entry, rules: all },
    { backend: (key) => (key === 'gone' ? undefined : backendEntry(key)), keyPool: (key) => poolEntry(key, {}) },
  );
}

const header = (name: string, value: string) => ({ name, value });

describe('matching', () => {
  const route = rules(
    { matches: [{ headers: [header('x-tier', 'gold'), header('x-team', 'a')] }, { headers: [header('x-all', '1')] }] },
    { matches: [{ headers: [header('x-tier', 'gold')] }] },
  );
  const name = (headers: Record<string, string | string[]>) => matchRule(route, { headers })?.rule.name;

  it('takes the first rule of which one match holds in all its fields', () => {
    expect(name({ 'x-tier': 'gold', 'x-team': 'a' })).toBe('r0');
    expect(name({ 'x-all': '1' })).toBe('r0');
    expect(name({ 'x-tier': 'gold', 'x-team': 'b' })).toBe('r1');
  });

  it('finds none where none holds', () => {
    expect(name({ 'x-tier': 'silver' })).toBeUndefined();
    expect(name({ 'x-tier': ['gold'] })).toBeUndefined();
  });

  it('does not take what every object inherits for a header', () => {
    const inherited = rules({ matches: [{ headers: [header('constructor', String(Object))] }] });
    expect(matchRule(inherited, { headers: {} })).toBeUndefined();
  });

  it('takes a rule without matches, or with an empty one, for every request', () => {
    expect(matchRule(rules({}), { headers: {} })?.rule.name).toBe('r0');
    expect(matchRule(rules({ matches: [{}] }), { headers: {} })?.rule.name).toBe('r0');
  });
});

describe('preparing', () => {
  it('sorts tiers, sums weights, and says what is drained or gone', () => {
    const ref = (backend: string, priority: number, weight = 1) => ({ backend, priority, weight });
    const [rule] = rules({
      backends: [ref('b', 5), ref('a', 1, 2), ref('c', 1, 3), ref('d', 0, 0), ref('gone', 0)],
    }).rules;
    const shape = rule!.tiers.list.map((t) => [t.priority, t.totalWeight, t.candidates.map((c) => c.backend).join()]);
    expect(shape).toEqual([
      [1, 5, 'a,c'],
      [5, 1, 'b'],
    ]);
    expect(rule!.tiers.unusable).toEqual([
      { candidate: 'd', reason: 'Drained' },
      { candidate: 'gone', reason: 'BackendMissing' },
    ]);
  });
});

describe('the weighted strategy', () => {
  it('stays within its candidates at the edges and under rounding', () => {
    const tier = new World({ backends: { a: { weight: 0.1 }, b: { weight: 0.2 } } }).route.rules[0]!.tiers.list[0]!;
    expect(strategies[0].choose(tier.candidates, tier.totalWeight, 0).backend).toBe('a');
    expect(strategies[0].choose(tier.candidates, tier.totalWeight + 1e-9, 1 - 1e-17).backend).toBe('b');
  });
});
