import fc from 'fast-check';
import { BREAKER, type Configuration } from '../../test/support/entries.js';
import { chunk, doneEvent, roleChunk, stopChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, VirtualGateway } from '../../test/support/virtual-gateway.js';
import { GatewayError } from '../errors/error-table.js';

const breaker = { ...BREAKER, consecutiveFailures: 3, openForMs: 1_000 };
const queue = { type: 'Queue', queue: { maxDepth: 3, maxWaitMs: 5_000 } } as const;

/** Few keys with small limits, short times and a breaker that opens soon: everything that can wait or give up does. */
const configurations: readonly Configuration[] = [
  {
    providers: [
      {
        name: 'alpha',
        baseURL: 'http://alpha.test/v1',
        keys: [
          { name: 'key-0', maxConcurrency: 2 },
          { name: 'key-1', maxConcurrency: 1 },
        ],
        pool: { onExhausted: queue },
        backend: { breaker },
      },
      { name: 'beta', baseURL: 'http://beta.test/v1', priority: 1, backend: { breaker } },
    ],
    consumer: { maxConcurrency: 6 },
  },
  {
    providers: [
      {
        name: 'alpha',
        baseURL: 'http://alpha.test/v1',
        keys: [{ name: 'key-1', maxConcurrency: 1 }],
        pool: { onExhausted: queue },
        backend: { breaker },
      },
    ],
    consumer: { maxConcurrency: 6 },
  },
  { providers: [{ name: 'beta', baseURL: 'http://beta.test/v1' }], consumer: { keys: [] } },
];

const json = 'application/json';
const sse = 'text/event-stream';

/** `at` picks among what there is at that moment, so that every prefix of a failing run is a run, too. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('request' as const), stream: fc.boolean() }) },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'sent',
        'headStream',
        'headPlain',
        'head429',
        'head401',
        'head500',
        'role',
        'content',
        'stop',
        'done',
        'badEvent',
        'errorEvent',
        'plainBody',
        'end',
        'reset',
      ),
      at: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('abort', 'slow', 'drained', 'terminate'), at: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('swap' as const), to: fc.nat(configurations.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('revoke' as const, 'rotate' as const), at: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Type> ? Type : never;

const texts = {
  role: roleChunk,
  content: chunk({ content: 'x' }),
  stop: stopChunk,
  done: doneEvent,
  badEvent: 'data: <html>\n\n',
  errorEvent: 'data: {"error":{"message":"x"}}\n\n',
  plainBody: '{"choices":[{"finish_reason":"stop"}]}',
};

async function play(gateway: VirtualGateway, one: Step): Promise<void> {
  if (one.do === 'request') gateway.chat(one.stream);
  else if (one.do === 'pass') gateway.clock.advance(one.ms);
  else if (one.do === 'swap') await gateway.serve(configurations[one.to]!);
  else if (one.do === 'revoke') gateway.credentials.revoke(`default/alpha/key-${one.at}`);
  else if (one.do === 'rotate') gateway.credentials.rotate(`default/alpha/key-${one.at}`, `v${gateway.calls.length}`);
  else if (one.do === 'abort' || one.do === 'slow' || one.do === 'drained' || one.do === 'terminate') {
    const client = gateway.clients[one.at % Math.max(1, gateway.clients.length)];
    if (client === undefined) return;
    if (one.do === 'slow') client.isSlow = true;
    else if (one.do === 'drained') client.catchUp();
    else if (one.do === 'abort') client.exchange?.abandoned();
    else client.exchange?.fail(new GatewayError('shutting_down', 'x'));
  } else {
    const open = gateway.calls.filter((call) => !call.isOver);
    const call = open[one.at % Math.max(1, open.length)];
    if (call === undefined) return;
    switch (one.do) {
      case 'sent':
        return call.sent();
      case 'headStream':
        return call.head(200, sse);
      case 'headPlain':
        return call.head(200, json);
      case 'head429':
        return call.head(429, json);
      case 'head401':
        return call.head(401, json);
      case 'head500':
        return call.head(500, json);
      case 'end':
        return call.end();
      case 'reset':
        return call.fail();
      default:
        call.data(texts[one.do]);
    }
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('whatever happens in whatever order: each request ends once, and nothing stays taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { minLength: 5, maxLength: 60 }), async (seed, steps) => {
      const gateway = new VirtualGateway(seed);
      await gateway.serve(configurations[0]!);
      for (const one of steps) {
        await play(gateway, one);
        await turn();
        for (const client of gateway.clients) {
          expect(client.heads).toBeLessThanOrEqual(1);
          expect(client.ends).toBeLessThanOrEqual(1);
        }
      }
      for (const client of gateway.clients) client.exchange?.abandoned();
      await turn();
      expect(gateway.finished).toHaveLength(gateway.clients.length);
      expect(new Set(gateway.finished).size).toBe(gateway.clients.length);
      expect(gateway.held()).toEqual(nothingHeld);
      expect(gateway.calls.every((call) => call.isOver)).toBe(true);
      for (const { attempts } of gateway.finished) {
        for (const { outcome, endedMs } of attempts) {
          expect(outcome).not.toBe('Pending');
          expect(endedMs).toBeDefined();
        }
      }
      // A stream tells the truth about its end.
      for (const [index, client] of gateway.clients.entries()) {
        const record = client.exchange?.record;
        if (record === undefined) throw new Error(`client ${index} has no exchange`);
        const isMarked = client.text.includes(doneEvent);
        if (record.finish === 'Completed' && record.stream) expect(client.text.endsWith(doneEvent)).toBe(true);
        if (record.finish === 'Failed') {
          expect(client.text).toContain('"error"');
          expect(client.text.endsWith(doneEvent)).toBe(false);
          if (record.errorCode === 'stream_interrupted') expect(isMarked).toBe(false);
        }
      }
    }),
    { numRuns: 400 },
  );
});
