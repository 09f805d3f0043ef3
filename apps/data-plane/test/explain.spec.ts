import fc from 'fast-check';
import { decide, type ImaginedOutcome } from '#libs/routing';
import { explainedConsumer } from '../src/admin/explained-consumer.js';
import { explanationOf } from '../src/admin/explanation.js';
import { GatewayError } from '../src/errors/error-table.js';
import { routeRequest } from '../src/pipeline/phases.js';
import { BREAKER, type Configuration } from './support/entries.js';
import { chunk, doneEvent, roleChunk, stopChunk } from './support/scripted-upstream.js';
import { type VirtualCall, type VirtualClient, VirtualGateway } from './support/virtual-gateway.js';

/** Timers fire at multiples of this, so that no wait ends a little later than was said. */
const TICK_MS = 16;
const ticks = (max: number, min = 0) => fc.integer({ min, max }).map((count) => count * TICK_MS);

/** How an upstream brings an outcome about: what it answers, or that it breaks off. */
interface Played extends ImaginedOutcome {
  readonly tookMs: number;
  readonly status: number;
}
const answers = [
  { outcome: 'Success', status: 200 },
  { outcome: 'RateLimited', status: 429 },
  { outcome: 'QuotaExhausted', status: 429, code: 'insufficient_quota' },
  { outcome: 'Auth', status: 401, code: 'invalid_api_key' },
  { outcome: 'ServerError', status: 500 },
  { outcome: 'Overloaded', status: 503 },
  { outcome: 'InvalidRequest', status: 400 },
  { outcome: 'ContextLength', status: 400, code: 'context_length_exceeded' },
  { outcome: 'Network', status: 0, progress: 'Sent' },
  // After its first content, of a stream: nothing may follow.
  { outcome: 'Network', status: 200, progress: 'Committed' },
] as const satisfies readonly Omit<Played, 'tookMs'>[];
const played: fc.Arbitrary<Played> = fc
  .tuple(fc.constantFrom(...answers), ticks(100), fc.option(ticks(1_000, 1), { nil: undefined }))
  .map(([answer, tookMs, retryAfterMs]) => ({
    ...answer,
    tookMs,
    ...(answer.status >= 400 && retryAfterMs !== undefined && { retryAfterMs }),
  }));

const provider = fc.record({
  keys: fc.array(fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }), { minLength: 1, maxLength: 3 }),
  selection: fc.constantFrom('WeightedRandom' as const, 'RoundRobin' as const, 'LeastInFlight' as const),
  exhausted: fc.constantFrom('Fallback' as const, 'Queue' as const, 'Fail' as const),
  connections: fc.record({ max: fc.integer({ min: 1, max: 4 }), maxPending: fc.nat(2) }),
  weight: fc.integer({ min: 0, max: 9 }),
  priority: fc.nat(1),
});
const configuration = fc
  .record({
    providers: fc.array(provider, { minLength: 1, maxLength: 4 }),
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    requestMs: ticks(400, 50),
    fallback: fc.boolean(),
  })
  .map(({ providers, maxAttempts, requestMs, fallback }): Configuration => {
    const backend = (at: number, { weight, priority }: { weight: number; priority: number }) => ({
      backend: `default/p${at}/m`,
      weight,
      priority,
    });
    const all = providers.map((each, at) => backend(at, each));
    return {
      providers: providers.map(({ keys, selection, exhausted, connections }, at) => ({
        name: `p${at}`,
        baseURL: `http://p${at}.test/v1`,
        keys: keys.map((maxConcurrency, key) => ({ name: `k${key}`, ...(maxConcurrency && { maxConcurrency }) })),
        pool: {
          selection,
          onExhausted: { type: exhausted, queue: { maxDepth: 2, maxWaitMs: 125 * TICK_MS } },
          cooldown: {
            rateLimitMs: 100 * TICK_MS,
            maxRateLimitMs: 2_000 * TICK_MS,
            quotaMs: 1_000 * TICK_MS,
            auth: 'UntilRotated',
          },
        },
        backend: {
          connections,
          breaker: { ...BREAKER, consecutiveFailures: 2, openForMs: 250 * TICK_MS, maxOpenForMs: 4_000 * TICK_MS },
          timeouts: { connectMs: HOUR, firstByteMs: HOUR, streamIdleMs: HOUR, requestMs: HOUR },
        },
      })),
      route: {
        rules: [
          {
            name: 'all',
            backends: fallback ? all.slice(0, 1) : all,
            fallbacks: fallback
              ? [{ errors: ['RateLimited', 'ServerError', 'ContextLength'], backends: all.slice(1) }]
              : [],
          },
        ],
        retry: {
          maxAttempts,
          maxRetryAfterMs: 500 * TICK_MS,
          backoff: { baseMs: 4 * TICK_MS, factor: 2, maxMs: 64 * TICK_MS, jitter: 'None' },
          budget: { percent: 20, intervalMs: 625 * TICK_MS, minPerSecond: 10 },
          rules: [],
        },
        timeouts: { requestMs },
      },
    };
  });
const HOUR = 225_000 * TICK_MS;

const past = fc.array(
  fc.record({
    inMs: ticks(500),
    stream: fc.boolean(),
    outcomes: fc.array(played, { maxLength: 3 }),
    /** Its attempt stays under way, and holds what it holds. */
    hangs: fc.integer({ min: 1, max: 5 }).map((of) => of === 1),
    revoke: fc.option(fc.record({ provider: fc.nat(3), key: fc.nat(2) }), { nil: undefined, freq: 6 }),
  }),
  { maxLength: 8 },
);

const json = 'application/json';

/** Lets an upstream do what was imagined of it. */
function play(call: VirtualCall, { status, code, retryAfterMs, progress }: Played, stream: boolean): void {
  if (status === 0) return call.fail();
  if (status >= 400) {
    call.head(status, json, retryAfterMs === undefined ? [] : ['retry-after-ms', String(retryAfterMs)]);
    call.data(JSON.stringify({ error: { message: 'no', ...(code && { code }) } }));
    return call.end();
  }
  call.head(200, stream ? 'text/event-stream' : json);
  if (!stream) {
    call.data(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'x' } }] }));
    return call.end();
  }
  call.data(roleChunk + chunk({ content: 'x' }));
  if (progress === 'Committed') return call.fail();
  call.data(stopChunk + doneEvent);
  call.end();
}

/** A gateway whose requests choose by a seed that is given. */
class SeededGateway extends VirtualGateway {
  private readonly next: { seed: number; onCall: (call: VirtualCall) => void };

  constructor() {
    const next = { seed: 1, onCall: (_call: VirtualCall) => {} };
    super(7, {
      onCall: (call) => next.onCall(call),
      wrap: (dependencies) => ({
        ...dependencies,
        decide: (route, facts, history, view, nowMs) => decide(route, facts, history, view, nowMs, next.seed),
      }),
    });
    this.next = next;
  }

  /** Takes what a first attempt takes, for good. */
  hang(seed: number): void {
    const { tables, consumers, clock } = this.runtime;
    const table = tables.current!;
    const nowMs = clock.nowMs();
    const consumer = explainedConsumer(table.view, consumers, { consumer: 'default/demo' });
    const routed = routeRequest(table, consumer, 'chat', {}, nowMs);
    if (routed instanceof GatewayError) throw new Error(routed.message);
    table.advance(nowMs);
    const plan = decide(routed.route, routed.facts, [], table, nowMs, seed).attempts?.[0];
    if (plan !== undefined) table.admit(plan, nowMs);
  }

  /** One request to its end, and a little longer. */
  run(seed: number, stream: boolean, outcomes: readonly Played[]): VirtualClient {
    const first = this.calls.length;
    this.next.seed = seed;
    this.next.onCall = (call) => {
      const { tookMs, ...outcome } = outcomes[this.calls.length - 1 - first] ?? success;
      this.clock.after(0, () => call.sent());
      this.clock.after(tookMs, () => play(call, { ...outcome, tookMs }, stream));
    };
    const client = this.chat(stream);
    for (let turn = 0; client.ends === 0; turn += 1) {
      if (turn === 100) throw new Error('the request does not end');
      this.clock.advance(25 * TICK_MS);
    }
    return client;
  }
}
const success: Played = { outcome: 'Success', status: 200, tookMs: 0 };

interface Explanation {
  readonly steps: readonly (Record<string, unknown> & { type: string; timeouts: { attemptMs: number } })[];
  readonly end: { readonly type: string; readonly code?: string; readonly status?: number };
}

test('signalbox explain equals what then happens: same seed, time and outcomes', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      configuration,
      past,
      fc.record({
        seed: fc.nat(),
        inMs: ticks(1_000),
        stream: fc.boolean(),
        outcomes: fc.array(played, { maxLength: 5 }),
      }),
      async (served, requests, { seed, inMs, stream, outcomes: all }) => {
        const gateway = new SeededGateway();
        gateway.clock.advance(TICK_MS - (gateway.clock.nowMs() % TICK_MS));
        await gateway.serve(served);
        for (const { inMs: pause, stream: streams, outcomes, hangs, revoke } of requests) {
          gateway.clock.advance(pause);
          if (revoke) gateway.credentials.revoke(`default/p${revoke.provider}/k${revoke.key}`);
          if (hangs) gateway.hang(pause);
          else gateway.run(pause, streams, playable(outcomes, streams));
        }
        gateway.clock.advance(inMs);

        const outcomes = playable(all, stream);
        const asked = { consumer: 'default/demo', path: '/v1/chat/completions', headers: {}, outcomes };
        const body = { model: 'chat', stream, messages: [] };
        const held = gateway.held();
        const calls = gateway.calls.length;
        const shown = explanationOf(gateway.runtime, { ...asked, body }, seed) as Explanation;
        expect([gateway.held(), gateway.calls.length]).toEqual([held, calls]);
        expect(explanationOf(gateway.runtime, { ...asked, body }, seed)).toEqual(shown);

        const attempts = shown.steps.filter(({ type }) => type === 'Attempt');
        // What falls together with its deadline may come before it or after.
        fc.pre(attempts.every(({ timeouts }, at) => outcomes[at]?.tookMs !== timeouts.attemptMs));
        const startedMs = gateway.clock.nowMs();
        const client = gateway.run(seed, stream, outcomes);
        const record = gateway.finished.at(-1)!;
        expect(
          record.attempts.map(({ backend, pool, key, step, startedMs: atMs, outcome }) => ({
            atMs: atMs - startedMs,
            backend,
            pool,
            key,
            step,
            outcome,
          })),
        ).toEqual(
          attempts.map(({ atMs, backend, pool, key, step, outcome }) => ({
            atMs,
            backend,
            pool,
            key,
            step,
            outcome: (outcome as ImaginedOutcome).outcome,
          })),
        );
        const { end } = shown;
        const said = {
          type: record.errorCode === '' ? 'Answer' : 'Error',
          ...(record.errorCode && { code: record.errorCode }),
        };
        expect(said).toEqual({ type: end.type, ...(end.code && { code: end.code }) });
        if (end.status !== undefined && !stream) expect(client.status).toBe(end.status);
        seen.add(`${end.code ?? end.type} after ${attempts.length}`);
      },
    ),
    { numRuns: 1_000 },
  );
  // It has been about something: answers at once and after failures, and many ways to end without one.
  for (const kind of ['Answer after 1', 'Answer after 2', 'stream_interrupted after 1']) expect(seen).toContain(kind);
  expect(seen.size).toBeGreaterThan(15);
}, 300_000);

/** Only a stream can be cut after its first content. */
function playable(outcomes: readonly Played[], stream: boolean): Played[] {
  return outcomes.map((outcome) =>
    outcome.progress === 'Committed' && !stream ? { ...success, tookMs: outcome.tookMs } : outcome,
  );
}
