import { jest } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { eventually, eventuallyPasses } from '#libs/testing';
import { API_KEY, type Configuration, ONE_ATTEMPT } from './support/entries.js';
import { Gateway } from './support/gateway.js';
import {
  type Answer,
  chatAnswer,
  chunk,
  errorAnswer,
  roleChunk,
  ScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream.js';

let upstream: ScriptedUpstream;
let gateway: Gateway;

const configuration = (changes: Partial<Configuration> = {}): Configuration => ({
  providers: [{ name: 'alpha', baseURL: upstream.baseURL }],
  ...changes,
});

beforeAll(async () => {
  upstream = await ScriptedUpstream.start();
});
afterAll(() => upstream?.stop());
beforeEach(async () => {
  upstream.answers(chatAnswer('hello'));
  gateway = await Gateway.start(configuration(), { headersTimeoutMs: 200, limits: { maxRequestBytes: 100_000 } });
});
afterEach(async () => {
  await eventuallyPasses(() => expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 }));
  await gateway.stop();
});

const errorOf = (body: string) => JSON.parse(body).error;

/** Bytes straight to the socket; resolves with all that came back once the other side has closed. */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(gateway.server.address.port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (data) => {
      received += data.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

const chatHead = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\nconnection: close\r\n`;

describe('what is not a request', () => {
  it('slow headers: 408, and the connection closes', async () => {
    const answer = await raw('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(errorOf(answer.split('\r\n\r\n')[1] ?? '').code).toBe('request_timeout');
  });

  it.each([
    ['a line break in a header', 'openai-beta: a\rb\r\n'],
    ['a NUL in a header', 'openai-beta: a\0b\r\n'],
  ])('%s: 400', async (_name, header) => {
    expect(await raw(`${chatHead}${header}content-length: 2\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.calls).toHaveLength(0);
  });

  it.each(['\u2028', '\u2029'])('a line separator in a forwarded header: 400', async (separator) => {
    const answer = await raw(Buffer.from(`${chatHead}openai-beta: a${separator}b\r\ncontent-length: 2\r\n\r\n{}`));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('invalid_header');
    expect(upstream.calls).toHaveLength(0);
  });

  it('headers that are too large: 431', async () => {
    expect(await raw(`${chatHead}x-long: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it.each([
    ['GET', '/v1/unknown', 404, 'unknown_path'],
    ['POST', '/chat/completions', 404, 'unknown_path'],
    ['GET', '/v1/chat/completions', 405, 'method_not_allowed'],
    ['POST', '/v1/models', 405, 'method_not_allowed'],
  ])('%s %s: %d', async (method, path, status, code) => {
    const reply = await gateway.send(method, path, {});
    expect(reply.status).toBe(status);
    expect(errorOf(reply.body)).toMatchObject({ code, message: expect.any(String), type: expect.any(String) });
    expect(reply.headers['x-request-id']).toMatch(/^req_/);
    if (status === 405) expect(reply.headers.allow).toMatch(/^(GET, HEAD|POST), OPTIONS$/);
  });
});

describe('a body that is refused', () => {
  const deep = `{"model":"chat","messages":${'['.repeat(500)}${']'.repeat(500)}}`;
  it.each([
    ['nothing', '', 400, 'invalid_json'],
    ['half of it', '{"model":"chat"', 400, 'invalid_json'],
    ['a byte order mark', '\uFEFF{"model":"chat","messages":[]}', 400, 'invalid_json'],
    ['too deep', deep, 400, 'invalid_json'],
    ['__proto__', '{"model":"chat","messages":[],"__proto__":{}}', 400, 'invalid_json'],
    ['a model twice', '{"model":"chat","messages":[],"model":"other"}', 400, 'duplicate_parameter'],
    ['a model twice, once escaped', '{"model":"chat","messages":[],"mod\\u0065l":"other"}', 400, 'duplicate_parameter'],
    ['a model by case twice', '{"model":"chat","Model":"other","messages":[]}', 400, 'ambiguous_parameter'],
    ['a model that is a number', '{"model":7,"messages":[]}', 400, 'invalid_type'],
    ['no model', '{"messages":[]}', 400, 'missing_required_parameter'],
    ['too long', `{"model":"chat","messages":["${'x'.repeat(100_000)}"]}`, 413, 'request_too_large'],
    ['a model that nobody serves', '{"model":"nobody","messages":[]}', 404, 'model_not_found'],
  ])('%s: %s', async (_name, body, status, code) => {
    const reply = await gateway.chat(body);
    expect([reply.status, errorOf(reply.body).code]).toEqual([status, code]);
    expect(upstream.calls).toHaveLength(0);
  });

  it('an encoded one: 415', async () => {
    expect((await gateway.chat({}, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('a long one without a length: 413', async () => {
    const answer = await raw(
      `${chatHead}transfer-encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(0x20000)}\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a body that breaks off', () => {
  const half = `${chatHead}content-length: 100\r\n\r\n{"model":"chat"`;
  const recorded = () => eventually(() => gateway.records.at(-1));

  it('malformed: 400, with the id by which its record is found', async () => {
    const answer = await raw(`${chatHead}transfer-encoding: chunked\r\n\r\n5\r\n{"mod\r\nzz\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(errorOf(answer.split('\r\n\r\n')[1] ?? '').code).toBe('invalid_request');
    const { requestId, ...record } = await recorded();
    expect(record).toMatchObject({ finish: 'Failed', errorCode: 'invalid_request', status: 400, consumer: 'demo' });
    expect(answer).toContain(`x-request-id: ${requestId}\r\n`);
    expect(upstream.calls).toHaveLength(0);
  });

  it('too slow: 408, and recorded as that', async () => {
    await gateway.stop();
    gateway = await Gateway.start(configuration(), { headersTimeoutMs: 200, requestTimeoutMs: 300 });
    const answer = await raw(half);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(errorOf(answer.split('\r\n\r\n')[1] ?? '').code).toBe('request_timeout');
    expect(await recorded()).toMatchObject({ finish: 'Failed', errorCode: 'request_timeout', status: 408 });
  });

  it('by a client that leaves: aborted, whether it closes or resets its connection', async () => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const before = gateway.records.length;
      const socket: Socket = connect(gateway.server.address.port, '127.0.0.1', () => socket.write(half));
      socket.resume();
      await eventually(() => gateway.held().running === 1);
      socket[leave]();
      await eventually(() => gateway.records.length > before);
      expect(gateway.records.at(-1)).toMatchObject({ finish: 'Aborted', errorCode: '', status: 0 });
    }
  });

  it('behind another answer: the connection is cut, and nothing is said in between', async () => {
    upstream.answers({ type: 'hang' });
    const first = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\ncontent-length: 30\r\n\r\n{"model":"chat","messages":[]}`;
    expect(await raw(`${first}${chatHead}transfer-encoding: chunked\r\n\r\nzz\r\n`)).toBe('');
    await eventually(() => gateway.records.length === 2);
    expect(gateway.records.map(({ finish }) => finish)).toEqual(['Aborted', 'Aborted']);
  });
});

describe('who asks', () => {
  it.each([
    '',
    'Bearer',
    'Basic abc',
    'Bearer x',
    `Bearer ${'x'.repeat(8_000)}`,
    `Bearer ${API_KEY}x`,
    `Bearer ${API_KEY.slice(0, -1)}`,
  ])('wrong tokens of any length get the same answer: %.20s', async (authorization) => {
    const reply = await gateway.chat({}, { authorization });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('Bearer');
    expect(errorOf(reply.body).type).toBe('authentication_error');
    expect(reply.body + JSON.stringify(reply.headers)).not.toContain(API_KEY.slice(4));
  });

  it('takes the key from api-key, too', async () => {
    const answer = await raw(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\napi-key: ${API_KEY}\r\nconnection: close\r\ncontent-length: 30\r\n\r\n{"model":"chat","messages":[]}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a key that a table no longer has is refused at once, and its running request is not retried', async () => {
    const withoutKeys = configuration({ consumer: { keys: [] } });
    upstream.answers({
      type: 'drive',
      run: (response) => {
        void gateway.serve(withoutKeys).then(() => response.writeHead(500).end());
      },
    });
    const reply = await gateway.chat();
    expect([reply.status, errorOf(reply.body).code]).toEqual([401, 'invalid_api_key']);
    expect(upstream.calls).toHaveLength(1);
    expect((await gateway.chat()).status).toBe(401);
  });

  it('a model outside the allowlist: 403, listed or not', async () => {
    await gateway.serve(configuration({ consumer: { models: ['gpt-*'] } }));
    for (const model of ['chat', 'nobody']) {
      const reply = await gateway.chat({ model });
      expect([reply.status, errorOf(reply.body).code]).toEqual([403, 'model_not_allowed']);
    }
    expect(JSON.parse((await gateway.get('/v1/models')).body).data).toEqual([]);
  });

  it('beyond its concurrency: 429, and free again afterwards', async () => {
    await gateway.serve(configuration({ consumer: { maxConcurrency: 1 } }));
    let release = (): void => {};
    upstream.answers({
      type: 'drive',
      run: (response) => {
        release = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}');
      },
    });
    const running = gateway.chat();
    await eventually(() => upstream.calls.length === 1);
    const reply = await gateway.chat();
    expect([reply.status, errorOf(reply.body).code]).toEqual([429, 'consumer_concurrency_exceeded']);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    release();
    expect((await running).status).toBe(200);
    upstream.answers(chatAnswer('again'));
    expect((await gateway.chat()).status).toBe(200);
  });

  it('routing headers are for consumers that may see them', async () => {
    await gateway.serve(configuration({ consumer: { exposeRouting: false } }));
    const { headers } = await gateway.chat();
    expect(Object.keys(headers).filter((name) => /route|backend|-key/.test(name))).toEqual([]);
    expect(headers['x-signalbox-attempts']).toBe('1');
  });

  it('no table yet: 503', async () => {
    const empty = await Gateway.start();
    const reply = await empty.chat();
    expect([reply.status, errorOf(reply.body).code]).toEqual([503, 'not_ready']);
    expect(reply.headers['retry-after']).toBe('1');
    await empty.stop();
  });
});

/** A client that goes away when the test says so. */
function openChat(body: object): {
  abort: () => void;
  read: () => string;
  pause: () => void;
  resume: () => void;
  ended: Promise<void>;
} {
  let text = '';
  const call = request(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  let socket: Socket | undefined;
  const ended = new Promise<void>((resolve) => {
    call.on('error', () => resolve());
    call.on('response', (response) => {
      socket = response.socket;
      response.on('data', (data) => {
        text += data;
      });
      response.on('error', () => resolve());
      response.on('close', () => resolve());
    });
  });
  call.end(JSON.stringify({ model: 'chat', messages: [], ...body }));
  return {
    abort: () => call.destroy(),
    read: () => text,
    pause: () => void socket?.pause(),
    resume: () => void socket?.resume(),
    ended,
  };
}

describe('a client that goes away', () => {
  const reached = async (abort: () => void): Promise<number> => {
    const abortedMs = performance.now();
    abort();
    await eventually(() => upstream.calls.at(-1)?.aborted === true, { pollMs: 1 });
    return (upstream.calls.at(-1)?.abortedMs ?? Infinity) - abortedMs;
  };

  it('before an answer: the upstream is told within 100 ms', async () => {
    upstream.answers({ type: 'hang' });
    const client = openChat({});
    await eventually(() => upstream.calls.length === 1);
    expect(await reached(client.abort)).toBeLessThan(100);
    await eventually(() => gateway.records.at(-1)?.finish === 'Aborted');
    expect(gateway.records.at(-1)).toMatchObject({ status: 0, attempts: [{ outcome: 'Cancelled' }] });
  });

  it('in the middle of a stream: likewise, and no breaker counts it', async () => {
    upstream.answers({ type: 'chunks', chunks: [roleChunk, chunk({ content: 'first' })], ending: 'Hang' });
    const client = openChat({ stream: true });
    await eventually(() => client.read().includes('first'));
    expect(await reached(client.abort)).toBeLessThan(100);
    await eventually(() => gateway.records.at(-1)?.finish === 'Aborted');
    const [[, breaker] = []] = [...gateway.runtime.routing.breakers.byId.entries()];
    expect(breaker?.state).toMatchObject({ phase: 'Closed', consecutiveFailures: 0 });
  });

  it('while waiting for a retry: no further attempt is made', async () => {
    upstream.answers(errorAnswer(429, 'rate_limit_exceeded', { 'retry-after': '5' }));
    const client = openChat({});
    await eventually(() => gateway.held().running === 1 && gateway.held().keys === 0 && upstream.calls.length === 1);
    client.abort();
    await eventually(() => gateway.records.at(-1)?.finish === 'Aborted');
    expect(gateway.held().timers).toBe(0);
    expect(upstream.calls).toHaveLength(1);
  });
});

it('a slow reader holds the upstream back, and memory stays bounded', async () => {
  let written = 0;
  // More than the kernel's buffers take on the way.
  const total = 96 * 1024 * 1024;
  const event = chunk({ content: 'x'.repeat(64 * 1024) });
  const flood: Answer = {
    type: 'drive',
    run: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = (): void => {
        while (written < total) {
          written += event.length;
          if (!response.write(event)) return void response.once('drain', more);
        }
        response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
      };
      more();
    },
  };
  upstream.answers(flood);
  const client = openChat({ stream: true });
  await eventually(() => client.read().length > 0);
  client.pause();
  // What the sockets' buffers take, and then no more: the same figure twice in a row.
  const stalledAt = await eventually(async () => {
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return before === written && before;
  });
  expect(stalledAt).toBeLessThan(total * 0.6);
  client.resume();
  await client.ended;
  expect(client.read().endsWith('data: [DONE]\n\n')).toBe(true);
  expect(client.read().length).toBeGreaterThan(total);
});

describe('models', () => {
  it('lists and finds them in the shape of OpenAI', async () => {
    const list = await gateway.get('/v1/models');
    expect(JSON.parse(list.body)).toEqual({
      object: 'list',
      data: [{ id: 'chat', object: 'model', created: 0, owned_by: 'signalbox' }],
    });
    expect(list.headers['x-signalbox-revision']).toBe('1');
    expect(JSON.parse((await gateway.get('/v1/models/chat')).body)).toMatchObject({ id: 'chat' });
    expect((await gateway.get('/v1/models/nobody')).status).toBe(404);
    expect((await gateway.get('/v1/models', { authorization: 'Bearer no' })).status).toBe(401);
  });
});

it('a fault of ours ends the request that meets it, and no other', async () => {
  const { credentials } = gateway;
  const resolve = jest.spyOn(credentials, 'resolve').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  const reply = await gateway.chat();
  expect([reply.status, errorOf(reply.body).code]).toEqual([500, 'internal_error']);
  expect(reply.body).not.toContain('a bug');
  resolve.mockRestore();
  expect((await gateway.chat()).status).toBe(200);
});

it('continues the trace of a client that sends one', async () => {
  const traceId = 'a'.repeat(32);
  const { headers } = await gateway.chat({}, { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` });
  expect(headers['x-signalbox-trace-id']).toBe(traceId);
  expect(gateway.records.at(-1)).toMatchObject({ parentSpanId: 'b'.repeat(16), parentSampled: true });
  expect(upstream.calls[0]?.headers['traceparent']).toBeUndefined();
});

it('a stream that is held long is kept alive with comments, and fails as an event', async () => {
  await gateway.stop();
  gateway = await Gateway.start(
    configuration({
      route: {
        timeouts: { firstTokenMs: 400 },
        retry: ONE_ATTEMPT,
      },
    }),
    { limits: { holdMs: 100 } },
  );
  upstream.answers({ type: 'chunks', chunks: [roleChunk], ending: 'Hang' });
  const reply = await gateway.chat({ stream: true });
  expect(reply.status).toBe(200);
  expect(reply.body.startsWith(': keep-alive\n\n')).toBe(true);
  expect(reply.body).not.toContain('[DONE]');
  expect(reply.body).toContain('"code":"upstream_timeout"');
  expect(gateway.records.at(-1)).toMatchObject({ heldOpen: true, finish: 'Failed' });

  upstream.answers(streamAnswer('a'));
  expect((await gateway.chat({ stream: true })).body.startsWith('data: ')).toBe(true);
});
