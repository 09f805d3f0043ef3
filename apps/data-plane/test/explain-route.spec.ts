import { createHash } from 'node:crypto';
import { AdminError } from '../src/admin/admin-route.js';
import { explainRoute } from '../src/admin/explain-route.js';
import { API_KEY, BREAKER, type Configuration, ONE_ATTEMPT } from './support/entries.js';
import { VirtualGateway } from './support/virtual-gateway.js';

const json = 'application/json';
const configuration: Configuration = {
  providers: [
    {
      name: 'alpha',
      baseURL: 'http://alpha.test/v1',
      backend: { breaker: { ...BREAKER, consecutiveFailures: 1, openForMs: 30_000 } },
    },
    { name: 'beta', baseURL: 'http://beta.test/v1', priority: 1 },
    { name: 'drained', baseURL: 'http://drained.test/v1', weight: 0 },
  ],
  consumer: { maxConcurrency: 1 },
};
const body = { model: 'chat', messages: [] };
const asked = { consumer: 'default/demo', body };

describe('POST /explain', () => {
  let gateway: VirtualGateway;
  beforeEach(async () => {
    gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
  });

  async function explain(question: unknown): Promise<Record<string, unknown>> {
    const route = explainRoute(gateway.runtime, () => 42);
    const sent = Buffer.from(typeof question === 'string' ? question : JSON.stringify(question));
    return JSON.parse((await route.handle({ query: new URLSearchParams(), body: sent })).body) as never;
  }
  const at = (afterMs: number) => new Date(gateway.clock.epochMs() + afterMs).toISOString();

  it('says where the request goes in the table, what each backend is worth now, and what would follow', async () => {
    gateway.chat(false);
    gateway.calls[0]?.sent();
    gateway.calls[0]?.head(500, json);
    gateway.calls[0]?.end();
    gateway.clients[0]?.leave();
    expect(await explain({ ...asked, outcomes: [{ outcome: 'RateLimited', tookMs: 50 }] })).toEqual({
      at: at(0),
      table: { revision: 1, version: expect.any(String) },
      seed: 42,
      consumer: 'default/demo',
      operation: 'chat',
      model: 'chat',
      stream: false,
      route: 'default/chat',
      rule: 'all',
      candidates: [
        { backend: 'default/alpha/m', priority: 0, weight: 1, verdict: 'BreakerOpen', until: at(30_000) },
        { backend: 'default/beta/m', priority: 1, weight: 1, verdict: 'Available' },
        { backend: 'default/drained/m', verdict: 'Drained' },
      ],
      steps: [
        expect.objectContaining({
          type: 'Attempt',
          atMs: 0,
          number: 1,
          backend: 'default/beta/m',
          key: 'key-0',
          step: 'First',
          passedOver: expect.arrayContaining([
            { backend: 'default/alpha/m', reason: 'BreakerOpen', until: at(30_000) },
          ]),
        }),
        expect.objectContaining({ type: 'Wait', atMs: 50, ms: 10_000 }),
        expect.objectContaining({ type: 'Attempt', atMs: 10_050, number: 2, step: 'SameBackend' }),
        { type: 'Answered', atMs: 10_050, number: 2 },
      ],
      end: { type: 'Answer', attempt: 2 },
    });
  });

  it('is about now: a key whose pause is over is there again', async () => {
    gateway.chat(false);
    // Between two looks of the upkeep, which is every second.
    gateway.calls[0]?.head(429, json, ['retry-after-ms', '1500']);
    gateway.calls[0]?.end();
    gateway.clients[0]?.leave();
    const verdict = async () => ((await explain(asked))['candidates'] as object[])[0];
    expect(await verdict()).toMatchObject({ verdict: 'KeysCooling', until: at(1_500) });
    gateway.clock.advance(1_500);
    expect(await verdict()).toMatchObject({ verdict: 'Available' });
  });

  it('shows the error that a request gets before it is routed', async () => {
    gateway.chat(false);
    expect((await explain(asked))['end']).toMatchObject({ code: 'consumer_concurrency_exceeded', status: 429 });
    gateway.chat(false);
    expect(gateway.clients[1]?.status).toBe(429);
    gateway.clients[0]?.leave();
    expect((await explain({ ...asked, body: { model: 'none', messages: [] } }))['end']).toMatchObject({
      code: 'model_not_found',
    });
    expect((await explain({ ...asked, headers: { 'Content-Encoding': 'gzip' } }))['end']).toMatchObject({
      code: 'unsupported_media_type',
    });
    expect((await explain({ ...asked, body: { model: 1 } }))['end']).toMatchObject({ type: 'Error', status: 400 });
  });

  it('takes a digest of an API key in place of a name, and shows neither key nor value', async () => {
    const keySha256 = createHash('sha256').update(API_KEY).digest('hex');
    const answer = await explain({ keySha256, body });
    expect(answer['consumer']).toBe('default/demo');
    const text = JSON.stringify(answer);
    for (const secret of [API_KEY, keySha256, gateway.credentials.resolve('default/alpha/key-0')!.value]) {
      expect(text).not.toContain(secret);
    }
  });

  it('takes nothing, sends nothing and remembers nobody', async () => {
    const held = gateway.held();
    const consumers = [...gateway.runtime.consumers.byId.entries()].length;
    await explain(asked);
    expect(gateway.held()).toEqual(held);
    expect(gateway.calls).toEqual([]);
    expect([...gateway.runtime.consumers.byId.entries()]).toHaveLength(consumers);
    expect([...gateway.runtime.routing.breakers.byId.entries()]).toEqual([]);
  });

  it.each([
    ['ContextLength', 'context_length_exceeded'],
    ['RateLimited', 'upstream_rate_limited'],
  ])('shows the error that is made of the last attempt: %s', async (outcome, code) => {
    await gateway.serve({ ...configuration, route: { retry: ONE_ATTEMPT } });
    const { end } = await explain({ ...asked, outcomes: [{ outcome, retryAfterMs: 7_000 }] });
    expect(end).toMatchObject({ type: 'Error', code });
  });

  it('counts the request for the budget of retries, as requests are', async () => {
    const retry = { ...ONE_ATTEMPT, maxAttempts: 3, budget: { percent: 100, intervalMs: 10_000, minPerSecond: 0 } };
    await gateway.serve({ ...configuration, route: { retry } });
    const { steps } = await explain({ ...asked, outcomes: ['ServerError', 'ServerError', 'ServerError'] });
    const attempts = (steps as { type: string; drawsOnRetryBudget?: boolean }[]).filter(
      ({ type }) => type === 'Attempt',
    );
    expect(attempts.map(({ drawsOnRetryBudget }) => drawsOnRetryBudget)).toEqual([false, false, true]);
  });

  it('ends an attempt that is imagined to take longer than it may by its deadline', async () => {
    await gateway.serve({ ...configuration, route: { timeouts: { requestMs: 800 } } });
    const outcomes = [{ outcome: 'Success', tookMs: 900 }];
    const { steps, end } = await explain({ ...asked, outcomes });
    expect((steps as object[])[0]).toMatchObject({ outcome: { outcome: 'Timeout', tookMs: 800 } });
    expect(end).toMatchObject({ code: 'upstream_timeout' });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'the body is no well-formed JSON'],
    ['nobody', { body }, 'consumer: give either consumer (NAMESPACE/NAME) or keySha256'],
    ['two who ask', { ...asked, keySha256: 'a'.repeat(64) }, 'consumer: give either'],
    ['a name alone', { ...asked, consumer: 'demo' }, 'consumer: must be NAMESPACE/NAME'],
    [
      'a question without a request',
      { consumer: 'default/demo' },
      'body: must be the request itself, such as {model: ',
    ],
    [
      'a request in place of the question',
      body,
      'no such member: "model", "messages"; known: consumer, keySha256, path, ',
    ],
    ['an unknown outcome', { ...asked, outcomes: ['RateLimitd'] }, 'outcomes.0: must be Success, a class (Network, '],
    [
      'an unknown part of one',
      { ...asked, outcomes: [{ outcome: 'Success', took: 1 }] },
      'outcomes.0: no such member: "took"; known: outcome, tookMs, ',
    ],
    ['no seed', { ...asked, seed: -1 }, 'seed: must be a whole number of 32 bits'],
    [
      'a consumer that the table has not',
      { ...asked, consumer: 'default/none' },
      'consumer: the table has no such consumer',
    ],
    ['a key that it has not', { body, keySha256: 'a'.repeat(64) }, 'keySha256: the table has no such key'],
    ['too many outcomes', { ...asked, outcomes: Array(101).fill('Success') }, 'outcomes: '],
    [
      'a key',
      { ...asked, headers: { Authorization: 'Bearer canary' } },
      'headers.authorization: leave credentials out',
    ],
    ['another path', { ...asked, path: '/v1/models' }, 'path: no inference request is served at POST /v1/models'],
  ])('refuses %s, without repeating it', async (_what, question, message) => {
    const refused = await explain(question).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AdminError);
    expect((refused as AdminError).status).toBe(400);
    expect((refused as AdminError).message).toContain(message);
    expect((refused as AdminError).message).not.toContain('canary');
  });

  it('refuses what is nested deeper than a request can be written', async () => {
    const messages = '['.repeat(200_000) + ']'.repeat(200_000);
    const question = `{"consumer": "default/demo", "body": {"model": "chat", "messages": ${messages}}}`;
    await expect(explain(question)).rejects.toThrow(new AdminError(400, 'body: nested too deep'));
  });
});
