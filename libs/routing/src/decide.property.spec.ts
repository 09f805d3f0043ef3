import fc from 'fast-check';
import { type ErrorClass, errorClasses, type Progress } from '#libs/inference';
import { breakerHeard, breakerResult, breakerStarted, newBreaker } from './breaker.js';
import { cooldownAfter, notCooling } from './cooldown.js';
import type { AttemptPlan } from './decision.js';
import type { HistoryEntry } from './history.js';
import { breakerPolicy, poolEntry, World } from './testing/world.js';

const neverAgain = new Set(['InvalidRequest', 'ContextLength', 'ContentFiltered', 'ContentError', 'Cancelled']);

/** What an upstream does with an attempt. */
interface Answer {
  readonly outcome: 'Success' | ErrorClass;
  readonly progress: Progress;
  readonly retryAfterMs: number | undefined;
  readonly tookMs: number;
}

const answer: fc.Arbitrary<Answer> = fc.record({
  outcome: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('RateLimited' as const, 'ServerError' as const, 'Network' as const) },
    { weight: 4, arbitrary: fc.constantFrom('Success' as const, ...errorClasses) },
  ),
  progress: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<Progress>('NotSent', 'Sent', 'Headers') },
    { weight: 1, arbitrary: fc.constant<Progress>('Committed') },
  ),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
  tookMs: fc.integer({ min: 0, max: 3000 }),
});

const scenario = fc.record({
  pools: fc.array(
    fc.record({
      keys: fc.integer({ min: 1, max: 4 }),
      weight: fc.integer({ min: 0, max: 5 }),
      priority: fc.integer({ min: 0, max: 2 }),
      exhausted: fc.constantFrom('Fallback' as const, 'Queue' as const, 'Fail' as const),
      opensAfter: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  deadlineMs: fc.constantFrom(500, 5000, 60_000, Infinity),
  requests: fc.array(fc.record({ seed: fc.integer(), answers: fc.array(answer, { minLength: 6, maxLength: 6 }) }), {
    minLength: 1,
    maxLength: 12,
  }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Requests one after the other through `decide`, with the state they leave behind, in virtual time. */
class Simulation {
  readonly world: World;
  nowMs = 0;
  private readonly cooldowns = new Map<string, ReturnType<typeof cooldownAfter>>();

  constructor(private readonly input: Scenario) {
    const backends = Object.fromEntries(
      input.pools.map(({ keys, weight, priority, exhausted }, i) => [
        `b${i}`,
        {
          keys: Array.from({ length: keys }, (_, k) => `k${k}`),
          weight,
          priority,
          onExhausted: { type: exhausted, queue: { maxDepth: 10, maxWaitMs: 2000 } },
        },
      ]),
    );
    this.world = new World({ backends, retry: { maxAttempts: input.maxAttempts } });
  }

  run(request: Scenario['requests'][number]): void {
    const history: HistoryEntry[] = [];
    const startedMs = this.nowMs;
    const facts = { startedMs, deadlineMs: startedMs + this.input.deadlineMs };
    for (let step = 0; ; step++) {
      expect(step).toBeLessThan(100);
      const decision = this.world.decide(history, this.nowMs, facts, request.seed);
      expect(this.world.decide(history, this.nowMs, facts, request.seed)).toEqual(decision);
      if (decision.stop !== undefined) return;
      if (decision.wait !== undefined) {
        expect(decision.wait.ms).toBeGreaterThan(0);
        this.nowMs += decision.wait.ms;
        expect(this.nowMs).toBeLessThanOrEqual(facts.deadlineMs);
        continue;
      }
      const plan = decision.attempts[0]!;
      this.check(plan, history);
      history.push(this.attempt(plan, request.answers[history.length]!));
      expect(history.length).toBeLessThanOrEqual(this.input.maxAttempts);
    }
  }

  private check({ candidate, key, step }: AttemptPlan, history: readonly HistoryEntry[]): void {
    const last = history.at(-1);
    expect(this.world.admits(candidate.backend, this.nowMs)).toBe(true);
    expect(this.cooldown(key.credential).untilMs).toBeLessThanOrEqual(this.nowMs);
    expect(last === undefined).toBe(step === 'First');
    if (last === undefined) return;
    expect(neverAgain.has(last.outcome)).toBe(false);
    expect(last.progress).not.toBe('Committed');
    expect(last.outcome).not.toBe('Success');
    if (step === 'NextKey') expect(history.some((h) => h.pool === candidate.backend && h.key === key.name)).toBe(false);
    if (step === 'NextBackend') expect(history.some((h) => h.backend === candidate.backend)).toBe(false);
    const failure = history.findLast((h) => h.backend === candidate.backend);
    if (step === 'SameBackend' && failure !== undefined) {
      expect(this.nowMs).toBeGreaterThanOrEqual(failure.endedMs! + (failure.retryAfterMs ?? 0));
    }
  }

  private attempt({ candidate, key }: AttemptPlan, answer: Answer): HistoryEntry {
    const { world } = this;
    const { backend } = candidate;
    const opensAfter = this.input.pools[Number(backend.slice(1))]!.opensAfter;
    const policy = { ...breakerPolicy, consecutiveFailures: opensAfter };
    const started = breakerStarted(world.breakers.get(backend) ?? newBreaker, this.nowMs);
    const startedMs = this.nowMs;
    this.nowMs += answer.tookMs;
    const errorClass = answer.outcome === 'Success' ? undefined : answer.outcome;
    const result = breakerResult(errorClass, started.phase);
    world.breakers.set(
      backend,
      breakerHeard(started, policy, { result, epoch: started.epoch, ejectable: true, nowMs: this.nowMs }),
    );
    const { cooldown } = poolEntry(backend, {});
    const cooled = cooldownAfter(this.cooldown(key.credential), cooldown, {
      errorClass,
      retryAfterMs: answer.retryAfterMs,
      nowMs: this.nowMs,
    });
    this.cooldowns.set(key.credential, cooled);
    world.cool(backend, key.name, cooled.untilMs);
    return { ...answer, backend, pool: backend, key: key.name, startedMs, endedMs: this.nowMs };
  }

  private cooldown(credential: string): ReturnType<typeof cooldownAfter> {
    return this.cooldowns.get(credential) ?? notCooling;
  }
}

describe('decide, over random traffic in virtual time', () => {
  it('ends every request within its attempts and its deadline, and uses only what may be used', () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const simulation = new Simulation(input);
        for (const request of input.requests) simulation.run(request);
      }),
      { numRuns: 120 },
    );
  });

  it('finds the one backend that works, wherever it stands, if attempts suffice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.integer(), (healthy, seed) => {
        const backends = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`b${i}`, { priority: i % 2 }]));
        const world = new World({ backends, retry: { maxAttempts: 5 } });
        const history: HistoryEntry[] = [];
        for (;;) {
          const { attempts } = world.decide(history, 0, {}, seed);
          const { candidate, key } = attempts![0]!;
          if (candidate.backend === `b${healthy}`) return;
          history.push({
            backend: candidate.backend,
            pool: candidate.backend,
            key: key.name,
            outcome: 'Network',
            progress: 'NotSent',
            startedMs: 0,
            endedMs: 0,
          });
        }
      }),
    );
  });
});
