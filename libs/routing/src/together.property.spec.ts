import fc from 'fast-check';
import { type ErrorClass, errorClasses } from '#libs/inference';
import type { AttemptPlan, Wait } from './decision.js';
import type { HistoryEntry } from './history.js';
import { isRequestFault } from './retry-plan.js';
import { World } from './testing/world.js';

const selections = ['WeightedRandom', 'RoundRobin', 'LeastInFlight'] as const;
const failures = errorClasses.filter((one) => one !== 'Cancelled');
const often: readonly ErrorClass[] = ['RateLimited', 'ServerError', 'Network', 'ContextLength', 'Auth'];

const backend = fc.record({
  keys: fc.integer({ min: 1, max: 3 }).map((count) => Array.from({ length: count }, (_, k) => `k${k}`)),
  weight: fc.nat(3),
  priority: fc.nat(2),
  selection: fc.constantFrom(...selections),
  maxConcurrency: fc.integer({ min: 1, max: 2 }),
  connections: fc.record({ max: fc.integer({ min: 1, max: 3 }), maxPending: fc.nat(2) }),
  onExhausted: fc.record({
    type: fc.constantFrom('Fallback' as const, 'Queue' as const, 'Fail' as const),
    queue: fc.constantFrom({ maxDepth: 2, maxWaitMs: 2000 }, { maxDepth: 0, maxWaitMs: 2000 }),
  }),
});

/** Something that happens to state between two decisions, by other requests. */
const event = fc.record({
  afterMs: fc.nat(700),
  backend: fc.nat(5),
  key: fc.nat(2),
  what: fc.oneof(
    fc.record({ do: fc.constant('fill' as const), inFlight: fc.nat(2) }),
    fc.record({
      do: fc.constant('rest' as const),
      ms: fc.constantFrom(50, 800, 5000, Infinity),
      cause: fc.constantFrom('RateLimited' as const, 'QuotaExhausted' as const, 'Auth' as const),
    }),
    fc.record({ do: fc.constant('open' as const), ms: fc.constantFrom(100, 3000) }),
    fc.record({ do: fc.constant('connections' as const), inUse: fc.nat(3) }),
    fc.record({ do: fc.constant('close' as const) }),
  ),
});

const scenario = fc.record({
  own: fc.array(backend, { minLength: 1, maxLength: 4 }),
  outside: fc.array(backend, { maxLength: 2 }),
  fallbackFor: fc.array(fc.constantFrom(...often), { minLength: 1, maxLength: 3 }),
  together: fc.constantFrom(
    undefined,
    { attempts: 2, staggerMs: 0 },
    { attempts: 3, staggerMs: 0 },
    { attempts: 2, staggerMs: 300 },
    { attempts: 3, staggerMs: 100 },
  ),
  maxAttempts: fc.integer({ min: 1, max: 5 }),
  deadlineMs: fc.constantFrom(900, 6000, Infinity),
  seed: fc.integer(),
  answers: fc.array(
    fc.record({
      outcome: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...often) },
        { weight: 2, arbitrary: fc.constantFrom('Success' as const, ...failures) },
      ),
      tookMs: fc.nat(1200),
      retryAfterMs: fc.option(fc.nat(3000), { nil: undefined }),
    }),
    { minLength: 5, maxLength: 5 },
  ),
  events: fc.array(event, { maxLength: 25 }),
  elsewhen: fc.array(fc.nat(100_000), { minLength: 2, maxLength: 4 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

type Entry = { -readonly [Member in keyof HistoryEntry]: HistoryEntry[Member] };

/** One request through `decide`, its attempts side by side, while others change what it sees. */
class Request {
  readonly world: World;
  readonly history: Entry[] = [];
  private readonly names: readonly string[];
  private running: { readonly entry: Entry; readonly endsMs: number; readonly answer: Scenario['answers'][number] }[] =
    [];
  private readonly events: { readonly atMs: number; readonly event: Scenario['events'][number] }[];
  private nowMs = 0;

  constructor(private readonly input: Scenario) {
    const named = (prefix: string, specs: Scenario['own']) =>
      Object.fromEntries(specs.map((spec, at) => [`${prefix}${at}`, spec]));
    const backends = named('b', input.own);
    const outside = named('f', input.outside);
    const refs = Object.keys(outside).map((name) => ({ backend: name, weight: 1, priority: 0 }));
    this.world = new World({
      backends,
      outside,
      fallbacks: input.fallbackFor.map((error, at) => ({ errors: [error], backends: refs.slice(at % 2) })),
      retry: { maxAttempts: input.maxAttempts },
      together: input.together,
    });
    const all = [...Object.keys(backends), ...Object.keys(outside)];
    this.names = all.filter((name) => this.world.has(name));
    let atMs = 0;
    this.events = input.events.map((one) => ({ atMs: (atMs += one.afterMs), event: one }));
  }

  run(): void {
    for (let step = 0; ; step++) {
      expect(step).toBeLessThan(300);
      const decision = this.decide();
      if (decision.stop !== undefined) {
        expect(this.running).toEqual([]);
        if (decision.stop.last !== undefined) expect(this.history).toContain(decision.stop.last);
        return;
      }
      if (decision.wait !== undefined) {
        this.checkWait(decision.wait);
        if (this.pass(decision.wait)) return;
        continue;
      }
      expect(decision.attempts.length).toBeGreaterThan(0);
      const together = this.running.length + decision.attempts.length;
      expect(together).toBeLessThanOrEqual(this.input.together?.attempts ?? 1);
      for (const plan of decision.attempts) this.start(plan);
      for (const { candidate } of decision.passedOver) {
        expect(decision.attempts.map((plan) => plan.candidate.backend)).not.toContain(candidate);
      }
    }
  }

  /** The same at this time, whatever was asked about other times. */
  private decide() {
    const { world, history, input, nowMs } = this;
    world.advance(nowMs);
    const ask = (atMs: number) => world.ask(history, atMs, { startedMs: 0, deadlineMs: input.deadlineMs }, input.seed);
    const decision = ask(nowMs);
    for (const atMs of input.elsewhen) ask(atMs);
    expect(ask(nowMs)).toEqual(decision);
    return decision;
  }

  private start({ candidate, key, timeouts }: AttemptPlan): void {
    const { world, history, nowMs } = this;
    const name = candidate.backend;
    expect(history.length).toBeLessThan(this.input.maxAttempts);
    expect(nowMs).toBeLessThan(this.input.deadlineMs);
    expect(world.admits(name, nowMs)).toBe(true);
    expect(world.connections(candidate).inUse).toBeLessThan(candidate.entry.connections.max);
    expect(world.index(name).isAvailable(key)).toBe(true);
    expect(history.some((h) => h.outcome === 'Pending' && h.pool === name && h.key === key.name)).toBe(false);
    const refused = history.some((h) => h.backend === name && isRequestFault(h.outcome as ErrorClass));
    expect(refused).toBe(false);
    const entry: Entry = {
      backend: name,
      pool: name,
      key: key.name,
      outcome: 'Pending',
      progress: 'Sent',
      startedMs: nowMs,
    };
    const answer = this.input.answers[history.length]!;
    history.push(entry);
    this.running.push({ entry, endsMs: nowMs + Math.min(answer.tookMs, timeouts.attemptMs), answer });
  }

  private checkWait(wait: Wait): void {
    if (wait.for === 'Pending') {
      expect(this.running.length).toBeGreaterThan(0);
      return;
    }
    expect(this.running).toEqual([]);
    expect(wait.ms).toBeGreaterThan(0);
    expect(this.nowMs + wait.ms).toBeLessThanOrEqual(this.input.deadlineMs);
    for (const pool of wait.pools) {
      if (this.world.admits(pool, this.nowMs)) {
        expect(this.nowMs + wait.ms).toBeLessThanOrEqual(this.world.index(pool).backAtMs);
      }
    }
  }

  /** To what comes first: the end of the wait or of an attempt, or something that others do. True: answered. */
  private pass(wait: Wait): boolean {
    const [next] = this.running.toSorted((a, b) => a.endsMs - b.endsMs);
    const event = this.events[0];
    const untilMs = Math.min(this.nowMs + wait.ms, next?.endsMs ?? Infinity, event?.atMs ?? Infinity);
    expect(untilMs).toBeLessThan(Infinity);
    this.nowMs = Math.max(this.nowMs, untilMs);
    if (event !== undefined && event.atMs <= this.nowMs) {
      this.events.shift();
      this.happen(event.event);
    }
    if (next === undefined || next.endsMs > this.nowMs) return false;
    this.running = this.running.filter((one) => one !== next);
    next.entry.outcome = next.answer.outcome;
    next.entry.retryAfterMs = next.answer.retryAfterMs;
    next.entry.endedMs = this.nowMs;
    return next.answer.outcome === 'Success';
  }

  private happen({ backend: at, key, what }: Scenario['events'][number]): void {
    const name = this.names[at % this.names.length];
    if (name === undefined) return;
    if (what.do === 'fill') this.world.index(name).setInFlight(`${name}/k${key}`, what.inFlight);
    else if (what.do === 'rest') this.world.cool(name, `k${key}`, this.nowMs + what.ms, what.cause);
    else if (what.do === 'open') this.world.open(name, this.nowMs + what.ms);
    else if (what.do === 'connections') this.world.connectionsInUse.set(name, what.inUse);
    else this.world.breakers.delete(name);
  }
}

it('a request with attempts side by side keeps every rule, whatever others do meanwhile', () => {
  fc.assert(
    fc.property(scenario, (input) => {
      const request = new Request(input);
      request.run();
      expect(request.history.length).toBeLessThanOrEqual(input.maxAttempts);
    }),
    { numRuns: 400 },
  );
});

it('where nothing can serve a first attempt, each candidate has its reason', () => {
  fc.assert(
    fc.property(scenario, (input) => {
      const own = input.own.map((spec) => ({
        ...spec,
        onExhausted: { ...spec.onExhausted, type: 'Fallback' as const },
      }));
      const { world } = new Request({
        ...input,
        own: own.map((spec) => ({ ...spec, connections: { max: 1, maxPending: 0 } })),
      });
      for (const [at, { keys }] of own.entries()) {
        const name = `b${at}`;
        if (input.own[at]!.weight === 0) continue;
        if (at % 3 === 0) world.open(name, 1000);
        else if (at % 3 === 1) world.connectionsInUse.set(name, 1);
        else for (const key of keys) world.cool(name, key, 500);
      }
      const { stop } = world.decide([], 0, {}, input.seed);
      const noted = stop!.passedOver.map(({ candidate }) => candidate);
      expect(noted.toSorted()).toEqual(own.map((_, at) => `b${at}`));
    }),
    { numRuns: 150 },
  );
});
