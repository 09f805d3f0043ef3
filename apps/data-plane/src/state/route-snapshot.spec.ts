import fc from 'fast-check';
import { type ErrorClass, errorClasses, type Progress } from '#libs/inference';
import { decide, explain, type ImaginedOutcome, type ImaginedState } from '#libs/routing';
import { BREAKER, type Configuration } from '../../test/support/entries.js';
import type { Permit } from './permit.js';
import { StatePlane } from '../../test/support/state-plane.js';
import { Waiter } from './waiting-lines.js';

const classes = errorClasses.filter((one) => one !== 'Cancelled');
const trouble: readonly ErrorClass[] = ['RateLimited', 'QuotaExhausted', 'Auth', 'ServerError', 'Network'];

const outcome: fc.Arbitrary<ImaginedOutcome> = fc.record(
  {
    outcome: fc.oneof(
      { weight: 3, arbitrary: fc.constant('Success' as const) },
      { weight: 5, arbitrary: fc.constantFrom(...trouble) },
      { weight: 1, arbitrary: fc.constantFrom(...classes) },
    ),
    tookMs: fc.nat(3000),
    progress: fc.constantFrom<Progress>('NotSent', 'Sent', 'Headers', 'Committed'),
    retryAfterMs: fc.nat(30_000),
    about: fc.constantFrom('Model' as const, 'Key' as const),
  },
  { requiredKeys: ['outcome'] },
);

const provider = fc.record({
  keys: fc.array(fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }), { minLength: 1, maxLength: 3 }),
  selection: fc.constantFrom('WeightedRandom' as const, 'RoundRobin' as const, 'LeastInFlight' as const),
  exhausted: fc.constantFrom('Fallback' as const, 'Queue' as const, 'Fail' as const),
  connections: fc.record({ max: fc.integer({ min: 1, max: 4 }), maxPending: fc.nat(2) }),
  weight: fc.nat(3),
  priority: fc.nat(1),
});
const configuration = fc.array(provider, { minLength: 1, maxLength: 4 }).map((providers): Configuration => ({
  providers: providers.map(({ keys, selection, exhausted, connections, weight, priority }, at) => ({
    name: `p${at}`,
    baseURL: `http://p${at}.test/v1`,
    keys: keys.map((maxConcurrency, key) => ({ name: `k${key}`, ...(maxConcurrency && { maxConcurrency }) })),
    pool: { selection, onExhausted: { type: exhausted, queue: { maxDepth: 2, maxWaitMs: 2000 } } },
    backend: { connections, breaker: { ...BREAKER, consecutiveFailures: 2, openForMs: 4000 } },
    weight,
    priority,
  })),
}));

const past = fc.array(
  fc.record({
    afterMs: fc.nat(8000),
    seed: fc.integer(),
    outcomes: fc.array(outcome, { maxLength: 3 }),
    /** Stays under way, and holds what it holds. */
    hangs: fc.boolean(),
  }),
  { maxLength: 8 },
);

/** Leaves the state that traffic leaves. Returns the time it is by then. */
function live(plane: StatePlane, requests: typeof past extends fc.Arbitrary<infer T> ? T : never): number {
  const { route, table } = plane;
  let nowMs = 1000;
  for (const { afterMs, seed, outcomes, hangs } of requests) {
    nowMs += afterMs;
    const facts = plane.facts(route, nowMs);
    if (!hangs) {
      const steps = explain({ route, facts, state: table, nowMs, seed, outcomes });
      nowMs = steps.at(-1)?.atMs ?? nowMs;
      continue;
    }
    table.advance(nowMs);
    const plan = decide(route, facts, [], table, nowMs, seed).attempts?.[0];
    if (plan !== undefined) table.admit(plan, nowMs);
  }
  return nowMs;
}

/** All that can be read of state, for comparison. */
function reading(plane: StatePlane, state: ImaginedState, nowMs: number) {
  const { route } = plane;
  return route.rules.flatMap(({ tiers }) =>
    tiers.list.flatMap(({ candidates }) =>
      candidates.map((candidate) => {
        const { hasAny, backAtMs, isSaturated, obstacle } = state.keys(candidate);
        const { inUse, waiting } = state.connections(candidate);
        return {
          breaker: state.breaker(candidate),
          keys: { hasAny, backAtMs, isSaturated, obstacle },
          picks: [0, 0.3, 0.6, 0.9].map((random) => state.keys(candidate).pick(random, [])?.name),
          connections: { inUse, waiting },
          queue: state.queueDepth(candidate.entry.keyPool),
          balance: state.retryBalance(route.entry, nowMs),
        };
      }),
    ),
  );
}

it('what an explanation shows is what then happens, and showing it changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      configuration,
      past,
      fc.record({ seed: fc.integer(), outcomes: fc.array(outcome, { maxLength: 4 }), inMs: fc.nat(10_000) }),
      async (served, requests, { seed, outcomes, inMs }) => {
        const plane = await StatePlane.serving(served);
        const { route, table, routing } = plane;
        const nowMs = live(plane, requests) + inMs;
        const facts = plane.facts(route, nowMs);
        const before = reading(plane, table, nowMs);
        const events = plane.events.length;
        const given = routing.given;
        const shown = explain({ route, facts, state: table.snapshot(route), nowMs, seed, outcomes });
        expect(reading(plane, table, nowMs)).toEqual(before);
        expect([plane.events.length, routing.given]).toEqual([events, given]);
        expect(explain({ route, facts, state: table, nowMs, seed, outcomes })).toEqual(shown);
        const shownAgain = explain({ route, facts, state: table.snapshot(route), nowMs, seed, outcomes });
        expect(explain({ route, facts, state: table, nowMs, seed, outcomes })).toEqual(shownAgain);
      },
    ),
    { numRuns: 150 },
  );
});

it('a look at state at any time, in any order, changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      configuration,
      past,
      fc.array(fc.nat(60_000), { maxLength: 6 }),
      fc.integer(),
      async (served, requests, times, seed) => {
        const plane = await StatePlane.serving(served);
        const { route, table } = plane;
        const nowMs = live(plane, requests);
        const before = reading(plane, table, nowMs);
        for (const atMs of times) decide(route, plane.facts(route, atMs), [], table, atMs, seed);
        expect(reading(plane, table, nowMs)).toEqual(before);
      },
    ),
    { numRuns: 100 },
  );
});

it('a copy and its original go their own ways', async () => {
  const plane = await StatePlane.serving({
    providers: [{ name: 'a', baseURL: 'http://a.test/v1', keys: [{ name: 'k0', maxConcurrency: 1 }] }],
  });
  const { route, table } = plane;
  const copy = table.snapshot(route);
  const plan = decide(route, plane.facts(route, 0), [], table, 0, 1).attempts![0]!;
  const permit = table.admit(plan, 0) as Permit;
  expect(copy.keys(plan.candidate).hasAny).toBe(true);
  const held = table.snapshot(route);
  permit.settle({ ok: false, class: 'Auth' }, 5);
  expect([held.keys(plan.candidate).obstacle, table.keys(plan.candidate).obstacle]).toEqual([
    'KeysSaturated',
    'KeysRefused',
  ]);
});

it('a copy knows how many wait for a connection', async () => {
  const plane = await StatePlane.serving({ providers: [{ name: 'a', baseURL: 'http://a.test/v1' }] });
  const { table, route, routing } = plane;
  const candidate = route.rules[0]!.tiers.list[0]!.candidates[0]!;
  const connections = [table.connections(candidate).id];
  routing.lines.wait({ pools: [], connections }, new Waiter(() => {}));
  expect(table.snapshot(route).connections(candidate).waiting).toBe(1);
});
