import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { eventuallyPasses } from '#libs/testing';
import { type Configuration, ONE_ATTEMPT, type Provider } from './support/entries.js';
import { Gateway } from './support/gateway.js';
import {
  type Answer,
  chatAnswer,
  chunk,
  doneEvent,
  errorAnswer,
  roleChunk,
  ScriptedUpstream,
  stopChunk,
  streamAnswer,
} from './support/scripted-upstream.js';

/** Every test breaks `alpha`; `beta` is well, and takes over where taking over is right. */
let alpha: ScriptedUpstream;
let beta: ScriptedUpstream;
let gateway: Gateway;

const providers = (changes: Partial<Provider> = {}): readonly Provider[] => [
  { name: 'alpha', baseURL: alpha.baseURL, ...changes },
  { name: 'beta', baseURL: beta.baseURL, priority: 1 },
];

async function start(configuration: Configuration = { providers: providers() }, limits = {}): Promise<void> {
  gateway = await Gateway.start(configuration, { limits });
}

beforeAll(async () => {
  [alpha, beta] = await Promise.all([ScriptedUpstream.start(), ScriptedUpstream.start()]);
});
afterAll(() => Promise.all([alpha?.stop(), beta?.stop()]));
beforeEach(() => {
  alpha.answers(chatAnswer('from alpha'));
  beta.answers((call) => (call.body.includes('"stream":true') ? streamAnswer('from beta') : chatAnswer('from beta')));
});
afterEach(async () => {
  // Whatever happened: nothing is held by a request that has ended.
  await eventuallyPasses(() => expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 }));
  await gateway.stop();
});

const outcomes = () => gateway.records.at(-1)?.attempts.map(({ outcome }) => outcome);
const lastEvent = (body: string) => body.trimEnd().split('\n\n').at(-1) ?? '';

/** The client sees a good answer, and nothing of what went before it. */
async function expectTakenOver(body: object = {}): Promise<void> {
  const reply = await gateway.chat(body);
  expect(reply.status).toBe(200);
  expect(reply.body).toContain('from beta');
  expect(reply.body).not.toContain('error');
}

/** The stream had begun: it ends in an error event, and never in an end marker. */
async function expectInterrupted(body: object = {}): Promise<void> {
  const reply = await gateway.chat({ stream: true, ...body });
  expect(reply.status).toBe(200);
  expect(reply.body).toContain('first');
  expect(reply.body).not.toContain('[DONE]');
  expect(JSON.parse(lastEvent(reply.body).slice('data: '.length))).toMatchObject({
    error: { code: 'stream_interrupted', type: 'server_error' },
  });
  // Every event before it is whole.
  for (const event of reply.body.trimEnd().split('\n\n')) JSON.parse(event.slice('data: '.length));
  expect(beta.calls).toHaveLength(0);
  expect(gateway.records.at(-1)).toMatchObject({ finish: 'Failed', errorCode: 'stream_interrupted', status: 200 });
}

/** A connection must come soon; for the rest there is time. */
const timeouts = { connectMs: 100, firstByteMs: 5_000, streamIdleMs: 5_000, requestMs: 60_000 };

const first = [roleChunk, chunk({ content: 'first' })];

describe('before the commit point another attempt takes over unseen', () => {
  const gzipBomb: Answer = {
    type: 'text',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(10_000_000)),
  };
  const cases: readonly (readonly [string, Answer, object, string])[] = [
    ['a reset before the headers', { type: 'reset' }, {}, 'Network'],
    [
      'a reset of a stream before its first content',
      { type: 'chunks', chunks: [roleChunk], ending: 'Reset' },
      { stream: true },
      'Network',
    ],
    [
      'an end of a stream before its first content',
      { type: 'chunks', chunks: [roleChunk] },
      { stream: true },
      'ServerError',
    ],
    [
      'an error event as the first one',
      { type: 'chunks', chunks: ['data: {"error":{"message":"down","type":"server_error"}}\n\n'] },
      { stream: true },
      'ServerError',
    ],
    [
      'half a JSON answer',
      {
        type: 'text',
        headers: { 'content-type': 'application/json' },
        body: '{"choices":[{"message":{"content":"x"}}',
      },
      {},
      'ServerError',
    ],
    [
      'an HTML 502',
      { type: 'text', status: 502, headers: { 'content-type': 'text/html' }, body: '<html>bad</html>' },
      {},
      'ServerError',
    ],
    [
      'a 522 of an edge',
      { type: 'text', status: 522, headers: { 'content-type': 'text/html' }, body: '<html>' },
      {},
      'Timeout',
    ],
    [
      'an endless error body',
      {
        type: 'drive',
        run: (response) => {
          response.writeHead(500, { 'content-type': 'text/plain' });
          response.write('x'.repeat(200_000));
        },
      },
      {},
      'ServerError',
    ],
    [
      'HTML where JSON was asked for',
      { type: 'text', headers: { 'content-type': 'text/html' }, body: '<html>' },
      {},
      'ServerError',
    ],
    [
      'half an event stream where JSON was asked for',
      { type: 'chunks', chunks: [roleChunk, chunk({ content: 'error' })] },
      {},
      'ServerError',
    ],
    [
      'half JSON where an event stream was asked for',
      { type: 'text', headers: { 'content-type': 'application/json' }, body: '{"choices":[{"message":{' },
      { stream: true },
      'ServerError',
    ],
    [
      'an error body at 200',
      { type: 'json', body: { error: { message: 'x', type: 'server_error', code: null } } },
      {},
      'ServerError',
    ],
    ['a gzip bomb', gzipBomb, {}, 'ServerError'],
    [
      'a redirect to a metadata address',
      { type: 'text', status: 307, headers: { location: 'http://169.254.169.254/latest' }, body: '' },
      {},
      'ServerError',
    ],
    ['a refused key', errorAnswer(401, 'invalid_api_key'), {}, 'Auth'],
    ['a rate limit', errorAnswer(429, 'rate_limit_exceeded', { 'retry-after': '7' }), {}, 'RateLimited'],
    ['a used-up quota', errorAnswer(429, 'insufficient_quota'), {}, 'QuotaExhausted'],
  ];
  it.each(cases)('%s', async (_name, answer, body, outcome) => {
    await start();
    alpha.answers(answer);
    await expectTakenOver(body);
    expect(outcomes()).toEqual([outcome, 'Success']);
    expect(alpha.calls).toHaveLength(1);
  });

  it('an event stream is folded where JSON was asked for', async () => {
    await start();
    alpha.answers(streamAnswer('from alpha'));
    const reply = await gateway.chat({});
    expect(reply.headers['content-type']).toBe('application/json');
    expect(JSON.parse(reply.body).choices[0].message.content).toBe('from alpha');
  });

  it('an answer in one piece is streamed on where a stream was asked for', async () => {
    await start();
    alpha.answers(chatAnswer('from alpha'));
    const reply = await gateway.chat({ stream: true });
    expect(reply.headers['content-type']).toContain('text/event-stream');
    expect(reply.body).toContain('from alpha');
    expect(reply.body.endsWith(doneEvent)).toBe(true);
    expect(outcomes()).toEqual(['Success']);
  });

  it('a first byte that stalls', async () => {
    await start({
      providers: providers({
        backend: { timeouts: { connectMs: 5_000, firstByteMs: 100, streamIdleMs: 5_000, requestMs: 60_000 } },
      }),
    });
    alpha.answers({ type: 'hang' });
    await expectTakenOver();
    expect(outcomes()).toEqual(['Timeout', 'Success']);
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('FirstByteTimeout');
    await eventuallyPasses(() => expect(alpha.calls[0]?.aborted).toBe(true));
  });

  it('a first token that stalls', async () => {
    await start({ providers: providers(), route: { timeouts: { firstTokenMs: 100 } } });
    alpha.answers({ type: 'chunks', chunks: [roleChunk], ending: 'Hang' });
    await expectTakenOver({ stream: true });
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('FirstTokenTimeout');
  });

  it('a body that stalls', async () => {
    await start({
      providers: providers({
        backend: { timeouts: { connectMs: 5_000, firstByteMs: 5_000, streamIdleMs: 100, requestMs: 60_000 } },
      }),
    });
    alpha.answers({
      type: 'drive',
      run: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"choices":[');
      },
    });
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('StreamIdleTimeout');
  });

  it('an attempt that takes too long', async () => {
    await start({
      providers: providers(),
      route: {
        retry: {
          maxAttempts: 3,
          perTryTimeoutMs: 100,
          maxRetryAfterMs: 20_000,
          backoff: { baseMs: 1, factor: 1, maxMs: 1, jitter: 'None' },
          budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
          rules: [],
        },
      },
    });
    alpha.answers({ type: 'hang' });
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('AttemptTimeout');
  });

  it('a connection that is refused', async () => {
    const gone = await ScriptedUpstream.start();
    const { baseURL } = gone;
    await gone.stop();
    await start({ providers: providers({ baseURL }) });
    await expectTakenOver();
    expect(outcomes()).toEqual(['Network', 'Success']);
    expect(gateway.records.at(-1)?.attempts[0]).toMatchObject({ code: 'ConnectionRefused', progress: 'NotSent' });
  });

  it('a name that does not exist', async () => {
    await start({ providers: providers({ baseURL: 'http://nowhere.invalid/v1' }) });
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('NameNotFound');
  });

  it.each([
    ['an IPv4 literal', (port: number) => `http://127.0.0.1:${port}/v1`],
    ['a decimal literal', (port: number) => `http://2130706433:${port}/v1`],
    ['a hexadecimal literal', (port: number) => `http://0x7f.1:${port}/v1`],
    ['an IPv4 address in IPv6', (port: number) => `http://[::ffff:127.0.0.1]:${port}/v1`],
    ['a name', (port: number) => `http://localhost:${port}/v1`],
    ['a metadata address', () => 'http://169.254.169.254/v1'],
  ])('a private address without permission: %s', async (_name, baseURL) => {
    await start({ providers: providers({ baseURL: baseURL(alpha.port), backend: { allowPrivateNetwork: false } }) });
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('AddressRefused');
    expect(alpha.calls).toHaveLength(0);
  });

  it('an answer over the size limit', async () => {
    await start(undefined, { maxAnswerBytes: 10_000 });
    alpha.answers(chatAnswer('x'.repeat(20_000)));
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('BodyTooLarge');
  });
});

describe('after the commit point a cut is told', () => {
  const cases: readonly (readonly [string, Answer])[] = [
    ['a reset', { type: 'chunks', chunks: first, ending: 'Reset' }],
    ['a clean end without a marker', { type: 'chunks', chunks: first }],
    ['a clean end in the middle of an event', { type: 'chunks', chunks: [...first, 'data: {"choices":[{"del'] }],
    [
      'an error event',
      {
        type: 'chunks',
        chunks: [...first, 'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n', doneEvent],
      },
    ],
    ['an event that is not JSON', { type: 'chunks', chunks: [...first, 'data: <html>\n\n', doneEvent] }],
    ['a finish reason that is an error', { type: 'chunks', chunks: [...first, chunk({}, 'error'), doneEvent] }],
  ];
  it.each(cases)('%s', async (_name, answer) => {
    await start();
    alpha.answers(answer);
    await expectInterrupted();
    expect(outcomes()).toHaveLength(1);
  });

  it('silence', async () => {
    await start({ providers: providers(), route: { timeouts: { streamIdleMs: 100 } } });
    alpha.answers({ type: 'chunks', chunks: first, ending: 'Hang' });
    await expectInterrupted();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('StreamIdleTimeout');
    await eventuallyPasses(() => expect(alpha.calls[0]?.aborted).toBe(true));
  });

  it('the end of the time for the whole request', async () => {
    await start({ providers: providers(), route: { timeouts: { requestMs: 150 } } });
    alpha.answers({ type: 'chunks', chunks: first, ending: 'Hang' });
    await expectInterrupted();
    expect(gateway.records.at(-1)?.attempts[0]?.code).toBe('RequestTimeout');
  });

  it('an event of 50 MB: aborted at the cap', async () => {
    await start();
    let written = 0;
    alpha.answers({
      type: 'drive',
      run: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(first.join(''));
        response.write('data: {"x":"');
        const part = 'x'.repeat(64 * 1024);
        const more = (): void => {
          while (written < 50_000_000 && !response.destroyed) {
            written += part.length;
            if (!response.write(part)) return void response.once('drain', more);
          }
        };
        more();
      },
    });
    await expectInterrupted();
    expect(written).toBeLessThan(20_000_000);
    await eventuallyPasses(() => expect(alpha.calls[0]?.aborted).toBe(true));
  });

  it('is counted by the breaker', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL }] });
    alpha.answers({ type: 'chunks', chunks: [...first, 'data: {"error":{"message":"x","type":"server_error"}}\n\n'] });
    for (let request = 0; request < 5; request += 1) await gateway.chat({ stream: true });
    const [[, breaker] = []] = [...gateway.runtime.routing.breakers.byId.entries()];
    expect(breaker?.state.phase).toBe('Open');
  });
});

describe('several answers at once', () => {
  const second = `data: ${JSON.stringify({ choices: [{ index: 1, delta: { content: 'second' }, finish_reason: null }] })}\n\n`;

  it('that break off after the first one’s finish reason end in an error event', async () => {
    await start();
    alpha.answers({ type: 'chunks', chunks: [...first, second, stopChunk] });
    await expectInterrupted({ n: 2 });
  });

  it('are whole with their end marker', async () => {
    await start();
    alpha.answers({ type: 'chunks', chunks: [...first, second, stopChunk, doneEvent] });
    const reply = await gateway.chat({ stream: true, n: 2 });
    expect(lastEvent(reply.body)).toBe('data: [DONE]');
  });
});

describe('what is whole is passed on', () => {
  it('a stream without [DONE] but with a finish reason gets its end marker', async () => {
    await start();
    alpha.answers({ type: 'chunks', chunks: [...first, stopChunk] });
    const reply = await gateway.chat({ stream: true });
    expect(lastEvent(reply.body)).toBe('data: [DONE]');
    expect(gateway.records.at(-1)).toMatchObject({ finish: 'Completed', finishReason: 'stop' });
  });

  it('a reset after [DONE] is no failure', async () => {
    await start();
    alpha.answers({ type: 'chunks', chunks: [...first, stopChunk, doneEvent], ending: 'Reset' });
    const reply = await gateway.chat({ stream: true });
    expect(lastEvent(reply.body)).toBe('data: [DONE]');
    expect(outcomes()).toEqual(['Success']);
  });

  it('comments, pings, unknown events and a byte order mark do no harm', async () => {
    await start();
    alpha.answers({
      type: 'chunks',
      chunks: ['\uFEFF: hello\n\n', 'event: ping\ndata: {}\n\n', ...first, ': pause\n\n', stopChunk, doneEvent],
    });
    const reply = await gateway.chat({ stream: true });
    expect(reply.body).toContain('first');
    expect(lastEvent(reply.body)).toBe('data: [DONE]');
  });

  it('the same stream cut into single bytes', async () => {
    await start();
    const text = [roleChunk, chunk({ content: 'é€😀' }), stopChunk, doneEvent].join('').replaceAll('\n', '\r\n');
    alpha.answers({
      type: 'drive',
      run: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const bytes = Buffer.from(text);
        const next = (index: number): void => {
          if (index === bytes.length) return void response.end();
          response.write(bytes.subarray(index, index + 1), () => next(index + 1));
        };
        next(0);
      },
    });
    const reply = await gateway.chat({ stream: true });
    expect(reply.body).toBe(text.replaceAll('\r\n', '\n'));
  });

  it('the usage chunk, where the client asked for it', async () => {
    await start();
    alpha.answers(streamAnswer('a'));
    const reply = await gateway.chat({ stream: true, stream_options: { include_usage: true } });
    expect(reply.body).toContain('"prompt_tokens":7');
  });
});

describe('keys', () => {
  const twoKeys = { keys: [{ name: 'key-0' }, { name: 'key-1' }] };
  const keysUsed = () => alpha.calls.map(({ headers }) => headers.authorization?.slice(-5));

  it('a rate-limited key cools as long as asked for, and the next key answers', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL, ...twoKeys }] });
    alpha.answers((call) =>
      call.headers.authorization?.endsWith('key-0')
        ? errorAnswer(429, 'rate_limit_exceeded', { 'retry-after': '30', 'retry-after-ms': '60000' })
        : chatAnswer('ok'),
    );
    for (let request = 0; request < 4; request += 1) expect((await gateway.chat()).status).toBe(200);
    expect(keysUsed().filter((key) => key === 'key-0')).toHaveLength(1);
    expect(gateway.records[0]?.attempts[0]?.retryAfterMs).toBe(60_000);
  });

  it('a refused key is out until it is rotated, with one alert', async () => {
    const configuration = { providers: [{ name: 'alpha', baseURL: alpha.baseURL, ...twoKeys }] };
    await start(configuration);
    alpha.answers((call) =>
      call.headers.authorization?.endsWith('key-0') ? errorAnswer(401, 'invalid_api_key') : chatAnswer('ok'),
    );
    await Promise.all(Array.from({ length: 8 }, () => gateway.chat()));
    expect(gateway.events).toEqual([
      {
        type: 'KeyRests',
        key: { credential: 'default/alpha/key-0', pool: 'default/alpha', name: 'key-0' },
        cause: 'Auth',
        code: 'invalid_api_key',
        untilMs: Infinity,
      },
    ]);
    const before = alpha.calls.length;
    for (let request = 0; request < 4; request += 1) expect((await gateway.chat()).status).toBe(200);
    expect(alpha.calls.slice(before).map(({ headers }) => headers.authorization)).not.toContain(
      'Bearer sk-default/alpha/key-0',
    );

    gateway.credentials.rotate('default/alpha/key-0', 'v2');
    await gateway.serve(configuration);
    for (let request = 0; request < 2; request += 1) expect((await gateway.chat()).status).toBe(200);
    expect(alpha.calls.map(({ headers }) => headers.authorization)).toContain('Bearer sk-default/alpha/key-0-v2');
  });

  it('a key without a value is passed over without an attempt', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL, ...twoKeys }] });
    gateway.credentials.revoke('default/alpha/key-0');
    for (let request = 0; request < 3; request += 1) {
      const reply = await gateway.chat();
      expect(reply.headers['x-signalbox-key']).toBe('key-1');
      expect(reply.headers['x-signalbox-attempts']).toBe('1');
    }
  });

  it('all keys limited: 429 with the time of the earliest', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL, ...twoKeys }] });
    alpha.answers((call) =>
      errorAnswer(429, 'rate_limit_exceeded', {
        'retry-after': call.headers.authorization?.endsWith('key-0') ? '45' : '90',
      }),
    );
    await gateway.chat();
    const reply = await gateway.chat();
    expect(reply.status).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(40);
    expect(Number(reply.headers['retry-after'])).toBeLessThanOrEqual(45);
    expect(JSON.parse(reply.body).error).toMatchObject({ code: 'keys_exhausted', type: 'rate_limit_error' });
  });

  it('a rate limit that is not retried: 429 with the time that the upstream asked for', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL }], route: { retry: ONE_ATTEMPT } });
    alpha.answers(errorAnswer(429, 'rate_limit_exceeded', { 'retry-after': '45' }));
    const reply = await gateway.chat();
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, '45']);
    expect(JSON.parse(reply.body).error.code).toBe('upstream_rate_limited');
  });

  it('waits in the queue for a key at its limit, in order, and no longer than it may', async () => {
    const held: (() => void)[] = [];
    await start({
      providers: [
        {
          name: 'alpha',
          baseURL: alpha.baseURL,
          keys: [{ name: 'key-0', maxConcurrency: 1 }],
          pool: { onExhausted: { type: 'Queue', queue: { maxDepth: 2, maxWaitMs: 300 } } },
        },
      ],
    });
    alpha.answers({
      type: 'drive',
      run: (response) => {
        held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}'));
      },
    });
    const running = gateway.chat();
    await eventuallyPasses(() => expect(held).toHaveLength(1));
    const queued = gateway.chat();
    await eventuallyPasses(() => expect(gateway.runtime.routing.lines.depth('default/alpha')).toBe(1));
    const overdue = gateway.chat();
    await eventuallyPasses(() => expect(gateway.runtime.routing.lines.depth('default/alpha')).toBe(2));
    expect((await gateway.chat()).status).toBe(429);
    held[0]?.();
    expect((await running).status).toBe(200);
    await eventuallyPasses(() => expect(held).toHaveLength(2));
    const late = await overdue;
    expect(late.status).toBe(429);
    held[1]?.();
    expect((await queued).status).toBe(200);
    expect(alpha.calls).toHaveLength(2);
  });
});

describe('when nothing is left', () => {
  it('every breaker open: a fast 503 with Retry-After', async () => {
    await start({ providers: [{ name: 'alpha', baseURL: alpha.baseURL }] });
    alpha.answers({ type: 'reset' });
    for (let request = 0; request < 5; request += 1) await gateway.chat();
    alpha.calls.length = 0;
    const reply = await gateway.chat();
    expect(reply.status).toBe(503);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(20);
    expect(JSON.parse(reply.body).error.code).toBe('upstream_unavailable');
    expect(alpha.calls).toHaveLength(0);
  });

  it('a fault of the request itself is told in the words of the provider, and tried once', async () => {
    await start();
    alpha.answers(errorAnswer(400, 'context_length_exceeded'));
    const reply = await gateway.chat();
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).error).toMatchObject({
      code: 'context_length_exceeded',
      message: 'it is context_length_exceeded',
    });
    expect(outcomes()).toEqual(['ContextLength']);
    expect(reply.headers['x-should-retry']).toBe('false');
  });

  it('a fault of the request itself keeps the code and the parameter of the provider', async () => {
    await start();
    const error = {
      message: "Unsupported parameter: 'max_tokens'.",
      type: 'invalid_request_error',
      param: 'max_tokens',
      code: 'unsupported_value',
    };
    alpha.answers({ type: 'json', status: 400, body: { error } });
    const reply = await gateway.chat();
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).error).toMatchObject(error);
  });

  it('a connect that hangs is ended, with its socket', async () => {
    // It takes connections and never says a word: the TLS handshake hangs.
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.resume().on('error', () => {})));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const { port } = silent.address() as AddressInfo;
    await start({ providers: providers({ baseURL: `https://127.0.0.1:${port}/v1`, backend: { timeouts } }) });
    await expectTakenOver();
    expect(gateway.records.at(-1)?.attempts[0]).toMatchObject({ code: 'ConnectTimeout', progress: 'NotSent' });
    await eventuallyPasses(() => expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]));
    silent.close();
  });
});
