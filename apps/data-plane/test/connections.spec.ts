import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually, eventuallyPasses } from '#libs/testing';
import { surfaces } from '../src/surfaces/registry.js';
import { API_KEY } from './support/entries.js';
import { Gateway } from './support/gateway.js';
import { chatAnswer, ScriptedUpstream } from './support/scripted-upstream.js';

let upstream: ScriptedUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await ScriptedUpstream.start();
});
afterAll(() => upstream?.stop());
beforeEach(async () => {
  upstream.answers(chatAnswer('hello'));
  gateway = await Gateway.start(
    { providers: [{ name: 'alpha', baseURL: upstream.baseURL }] },
    { limits: { maxRequestBytes: 100_000 } },
  );
});
afterEach(async () => {
  await eventuallyPasses(() => expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 }));
  await gateway.stop();
});

const errorOf = (body: string) => JSON.parse(body).error;

interface Talk {
  readonly socket: Socket;
  readonly errors: string[];
  received(): string;
  readonly closed: Promise<void>;
}

function talk(...lines: string[]): Talk {
  const socket = connect(gateway.server.address.port, '127.0.0.1');
  const errors: string[] = [];
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  if (lines.length > 0) socket.write(lines.join('\r\n'));
  return { socket, errors, received: () => text, closed };
}

function chat(): string {
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] });
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

describe('a path that is not served', () => {
  it.each([
    ['POST', '/v1/embeddings', { 'content-type': 'application/json' }, '{"model":"chat"}'],
    ['POST', '/v1/embeddings', { 'content-type': 'application/json' }, ''],
    ['POST', '/v1/embeddings', { 'content-type': 'application/json' }, '{"half'],
    ['POST', '/v1/embeddings', { 'content-type': 'application/x-yaml' }, 'a: 1'],
    ['POST', '/', {}, 'x'.repeat(2_000_000)],
    ['PUT', '/v1/chat', { 'content-type': 'multipart/form-data' }, 'x'],
    ['DELETE', '/v1/files/x', {}, ''],
    ['PROPFIND', '/v1', {}, ''],
    ['GET', '/v1/models/', {}, ''],
  ])('%s %s is answered in the shape of a surface, and says what is served', async (method, path, headers, body) => {
    const reply = await gateway.send(method, path, headers, body);
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(reply.headers['x-request-id']).toMatch(/^req_/);
    expect(errorOf(reply.body).code).toBe('unknown_path');
  });

  it('names what is served', async () => {
    const { message } = errorOf((await gateway.send('POST', '/v1/embeddings', {})).body);
    for (const { method, path } of surfaces.flatMap(({ served }) => served))
      expect(message).toContain(`${method} ${path}`);
  });

  it.each([
    ['/chat/completions', '/v1/chat/completions'],
    ['/v1/v1/chat/completions', '/v1/chat/completions'],
    ['//v1//chat/completions/', '/v1/chat/completions'],
    ['/openai/chat/completions?api-version=1', '/v1/chat/completions'],
    ['/models', '/v1/models'],
  ])('%s: did you mean %s?', async (path, meant) => {
    const { message } = errorOf((await gateway.send('POST', path, {})).body);
    expect(message).toContain(`Did you mean ${meant}?`);
  });

  it.each(['/v1/models/%zz', '/%', '/v1/models/%ff'])('%s, a bad percent-escape: 400', async (path) => {
    const reply = await gateway.get(path);
    expect([reply.status, errorOf(reply.body).code]).toEqual([400, 'invalid_request']);
    expect(errorOf(reply.body).message).toContain(path);
  });

  it('a long path is shown in part', async () => {
    const { message } = errorOf((await gateway.get(`/${'x/'.repeat(4_000)}`)).body);
    expect(message.length).toBeLessThan(500);
  });

  it('OPTIONS names the methods, without a key; a probe answers HEAD without a body', async () => {
    const chat = await gateway.send('OPTIONS', '/v1/chat/completions?x', { authorization: '' });
    expect([chat.status, chat.headers.allow, chat.body]).toEqual([204, 'POST, OPTIONS', '']);
    expect((await gateway.send('OPTIONS', '/v1/models/x', {})).headers.allow).toBe('GET, HEAD, OPTIONS');
    expect((await gateway.send('OPTIONS', '/v1/embeddings', {})).status).toBe(404);
    expect(gateway.records).toHaveLength(0);
    const options = talk('OPTIONS * HTTP/1.1', 'host: x', 'connection: close', '', '');
    await options.closed;
    expect(options.received()).toMatch(/^HTTP\/1\.1 204 .*\r\nallow: GET, HEAD, POST, OPTIONS\r\n/s);
    const probe = await gateway.send('HEAD', '/livez', {});
    expect([probe.status, probe.headers['content-length'], probe.body]).toEqual([200, '2', '']);
    expect((await gateway.send('POST', '/livez', {})).status).toBe(404);
  });
});

describe('a client that waits for 100 Continue', () => {
  const head = (path: string, key: string, expectation = '100-continue', length = 60): string =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nexpect: ${expectation}\r\ncontent-length: ${length}\r\n\r\n`;
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] }).padEnd(60);

  it('gets it once the head is accepted, and then its answer', async () => {
    const client = talk(head('/v1/chat/completions', API_KEY));
    await eventually(() => client.received().includes('\r\n\r\n'));
    expect(client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.socket.write(body);
    await eventually(() => client.received().includes('hello'));
    expect(client.received()).toContain('HTTP/1.1 200 OK');
    client.socket.destroy();
  });

  it('of HTTP/1.0 is not told: it knows one answer to a request', async () => {
    const client = talk(head('/v1/chat/completions', API_KEY).replace('HTTP/1.1', 'HTTP/1.0') + body);
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*hello/s);
  });

  it.each([
    ['a wrong key', '/v1/chat/completions', 'sbx_wrong', '100-continue', 60, 401],
    ['an unknown path', '/v1/embeddings', API_KEY, '100-continue', 60, 404],
    ['a length over the limit', '/v1/chat/completions', API_KEY, '100-continue', 100_001, 413],
    ['another expectation', '/v1/chat/completions', API_KEY, 'a miracle', 60, 417],
  ])('%s: the answer alone, and the connection closes', async (_name, path, key, expectation, length, status) => {
    const client = talk(head(path, key, expectation, length));
    await eventually(() => client.received().includes('"error"'));
    expect(client.received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status !== 417) await client.closed;
    client.socket.destroy();
  });
});

describe('a client that is still sending when it is answered', () => {
  it('headers over the limit: reads the whole 431, and no reset', async () => {
    const client = talk('GET / HTTP/1.1', 'host: x', '');
    for (let index = 0; index < 40; index += 1) client.socket.write(`x-${index}: ${'x'.repeat(8_000)}\r\n`);
    await eventually(() => client.received().includes('"error"'));
    for (let index = 0; index < 40; index += 1) client.socket.write(`y-${index}: ${'x'.repeat(8_000)}\r\n`);
    client.socket.end();
    await client.closed;
    expect(client.errors).toEqual([]);
    const [head = '', body = ''] = client.received().split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 431 /);
    expect(errorOf(body).code).toBe('headers_too_large');
  });

  const chatHead = (framing: string): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n${framing}\r\n\r\n`;
  const piece = 'x'.repeat(0x10000);

  it('a body over the limit: reads the 413, ends its body, and goes on with the connection', async () => {
    const client = talk(chatHead('transfer-encoding: chunked'));
    for (let index = 0; index < 16; index += 1) client.socket.write(`10000\r\n${piece}\r\n`);
    await eventually(() => client.received().includes('"error"'));
    for (let index = 0; index < 16; index += 1) client.socket.write(`10000\r\n${piece}\r\n`);
    client.socket.write('0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await client.closed;
    expect(client.errors).toEqual([]);
    expect(client.received()).toMatch(/^HTTP\/1\.1 413 .*HTTP\/1\.1 200 OK.*ok$/s);
  });

  it.each(['transfer-encoding: chunked', 'content-length: 1000000000'])(
    'a body without end (%s) is cut off after the answer',
    async (framing) => {
      const client = talk(chatHead(framing));
      let sent = 0;
      const more = (): void => {
        let taken = true;
        while (taken && !client.socket.destroyed) {
          sent += piece.length;
          taken = client.socket.write(framing.startsWith('transfer') ? `10000\r\n${piece}\r\n` : piece);
        }
      };
      client.socket.on('drain', more);
      more();
      await client.closed;
      expect(gateway.records.at(-1)).toMatchObject({ status: 413, errorCode: 'request_too_large' });
      // What was thrown away, and what the kernel's buffers took.
      expect(sent).toBeLessThan(64 * 1024 * 1024);
    },
  );
});

describe('methods and keys', () => {
  it('HEAD is GET without the body', async () => {
    const [get, head] = [await gateway.get('/v1/models'), await gateway.send('HEAD', '/v1/models', {})];
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(get.body.length)]);
    expect((await gateway.send('HEAD', '/v1/chat/completions', {})).headers.allow).toBe('POST, OPTIONS');
  });

  it.each([API_KEY, `Basic ${API_KEY}`, `Bearer: ${API_KEY}`, `Bearer ${API_KEY} x`])(
    'a key in another form (%#) is refused with the form that is asked for',
    async (authorization) => {
      const reply = await gateway.chat({}, { authorization });
      expect([reply.status, errorOf(reply.body).code]).toEqual([401, 'missing_api_key']);
      expect(errorOf(reply.body).message).toContain("'Bearer '");
      expect(reply.body).not.toContain(API_KEY);
    },
  );

  it.each(['', 'Bearer', 'bearer '])('no key at all (%j)', async (authorization) => {
    const reply = await gateway.chat({}, { authorization });
    expect(errorOf(reply.body).message).toBe('No API key was sent.');
  });
});

describe('what node would answer by itself, in a shape of its own or not at all', () => {
  it.each([
    ['HTTP/1.1 without a host', 'GET /livez HTTP/1.1', 400, 'invalid_request', "HTTP/1.1 asks for the header 'host'."],
    [
      'CONNECT',
      'CONNECT x:443 HTTP/1.1\r\nhost: x:443',
      404,
      'unknown_path',
      'CONNECT is not served: this is no proxy.',
    ],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM', 400, 'invalid_request', 'The request is not valid HTTP/1.1.'],
    ['a line that is none', 'GET\r\n', 400, 'invalid_request', 'The request is not valid HTTP/1.1.'],
  ])('%s', async (_what, text, status, code, message) => {
    const client = talk(text, '', '');
    await eventually(() => client.received().includes('"error"'));
    client.socket.end();
    await client.closed;
    const [head = '', body = ''] = client.received().split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('content-type: application/json');
    expect(errorOf(body)).toMatchObject({ code, message });
  });

  it('HTTP/1.0 needs no host', async () => {
    const client = talk('GET /livez HTTP/1.0', '', '');
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('a client that resets its connection after CONNECT takes nobody with it', async () => {
    const client = connect({ port: gateway.server.address.port, host: '127.0.0.1', allowHalfOpen: true });
    client.write('CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n');
    await once(client.resume(), 'end');
    const { sockets } = gateway.server as unknown as { sockets: Set<Socket> };
    // Heard by nobody, the reset would end the process.
    expect([...sockets].map((socket) => socket.listenerCount('error'))).toEqual([1]);
    client.resetAndDestroy();
    await eventually(() => sockets.size === 0);
    expect((await gateway.get('/livez')).status).toBe(200);
  });

  it('CONNECT behind a request that runs ends the connection, in nobody else’s place', async () => {
    upstream.answers({ type: 'hang' });
    const client = talk(chat());
    await eventually(() => upstream.calls.length === 1);
    client.socket.write('CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n');
    await client.closed;
    expect(client.received()).toBe('');
  });
});

describe('requests on one connection', () => {
  it('the client leaves: every call for it ends, those behind another too', async () => {
    upstream.answers({ type: 'hang' });
    const client = talk(chat() + chat() + chat());
    await eventually(() => upstream.calls.length === 3);
    client.socket.destroy();
    await eventually(() => upstream.calls.every(({ aborted }) => aborted));
    await eventually(() => gateway.records.length === 3);
    expect(gateway.records.map(({ finish }) => finish)).toEqual(['Aborted', 'Aborted', 'Aborted']);
  });

  it('a head that is malformed is answered, also on a connection that was used before', async () => {
    const client = talk(chat());
    await eventually(() => client.received().includes('hello'));
    client.socket.write('NONSENSE\r\n\r\n');
    await client.closed;
    expect(client.received()).toMatch(/hello.*HTTP\/1\.1 400 Bad Request\r\n.*"invalid_request"/s);
  });

  it('a body that is malformed is answered, and its request is over', async () => {
    const client = talk(
      'POST /v1/chat/completions HTTP/1.1',
      'host: x',
      `authorization: Bearer ${API_KEY}`,
      'transfer-encoding: chunked',
      '',
      'zz',
      '',
    );
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"invalid_request"/s);
    await eventually(() => gateway.records.at(-1)?.finish === 'Failed');
    expect(upstream.calls).toHaveLength(0);
  });

  it('one that is malformed behind one that runs ends the connection, in nobody else’s place', async () => {
    upstream.answers({ type: 'hang' });
    const client = talk(chat());
    await eventually(() => upstream.calls.length === 1);
    client.socket.write('NONSENSE\r\n\r\n');
    await client.closed;
    expect(client.received()).toBe('');
    await eventually(() => upstream.calls[0]?.aborted === true);
  });
});
