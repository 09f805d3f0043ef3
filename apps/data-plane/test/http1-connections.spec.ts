import { jest } from '@jest/globals';
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '#libs/clock';
import { eventually, eventuallyPasses, FakeClock } from '#libs/testing';
import { Http1Transport } from '../src/upstream/http1/http1-transport.js';
import type { UpstreamRequest } from '../src/upstream/transport.js';
import { completion, type RawConnection, RawUpstream } from './http1/raw-upstream.js';
import { RecordingHandler } from './http1/recording-handler.js';
import { selfSigned } from './http1/test-certificate.js';

let upstream: RawUpstream;
let transport: Http1Transport;
const clock = new FakeClock();
const certificate = selfSigned('localhost');

async function start(tls: boolean, authorities?: readonly string[]): Promise<void> {
  upstream = await RawUpstream.start(tls ? await certificate : undefined);
  transport = new Http1Transport(clock, authorities);
  upstream.script = { request: (connection) => void connection.write(completion()) };
}
afterEach(async () => {
  await transport.close();
  await upstream.stop();
});

function request(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const { origin } = upstream;
  const target = { id: origin, origin, allowPrivateNetwork: true, maxConnections: 100 };
  return { target, path: '/', always: [], headers: [], body: Buffer.from('{}'), ...changes };
}

function send(changes: Partial<UpstreamRequest> = {}): RecordingHandler {
  const handler = new RecordingHandler();
  transport.send(request(changes), handler);
  return handler;
}

async function whole(count = 1): Promise<void> {
  const handlers = Array.from({ length: count }, () => send());
  await Promise.all(handlers.map(({ over }) => over));
  expect(new Set(handlers.map(({ heard }) => heard.join(' ')))).toEqual(new Set(['sent head 200 end']));
}

describe('idle connections', () => {
  it('are kept for 30 s, and closed when they are over', async () => {
    await start(false);
    await whole();
    clock.advance(29_999);
    await whole();
    expect(upstream.connections).toHaveLength(1);
    clock.advance(31_000);
    await eventuallyPasses(() => expect(upstream.connections[0]?.isClosed).toBe(true));
    await whole();
    expect(upstream.connections).toHaveLength(2);
  });

  it('are not used when overdue, looked at or not', async () => {
    await start(false);
    await whole();
    // The clock without its timers: a process that slept.
    const { nowMs } = clock;
    const jumped = clock.nowMs() + 30_001;
    Object.assign(clock, { nowMs: () => jumped });
    await whole();
    Object.assign(clock, { nowMs });
    expect(upstream.connections).toHaveLength(2);
  });

  it('are kept for as long as the server says, less a second', async () => {
    await start(false);
    upstream.script = { request: (connection) => void connection.write(completion('Keep-Alive: timeout=5, max=100')) };
    await whole();
    clock.advance(3_999);
    await whole();
    expect(upstream.connections).toHaveLength(1);
    clock.advance(4_001);
    await whole();
    expect(upstream.connections).toHaveLength(2);
  });

  it('the last one that was used is used next, so that those beyond the need close', async () => {
    await start(false);
    await whole(5);
    expect(upstream.connections).toHaveLength(5);
    for (let round = 0; round < 12; round += 1) {
      clock.advance(5_000);
      await whole();
    }
    await eventuallyPasses(() =>
      expect(upstream.connections.map(({ isClosed }) => isClosed).filter(Boolean)).toHaveLength(4),
    );
    expect(upstream.connections).toHaveLength(5);
  });

  it('of a transport that is closed are closed, and its calls fail', async () => {
    await start(false);
    await whole(2);
    upstream.script = {};
    const running = send();
    await eventually(() => upstream.requests === 3);
    await transport.close();
    await running.over;
    expect(running.heard).toEqual(['sent', 'Aborted: the transport was closed']);
    await eventuallyPasses(() => expect(upstream.connections.map(({ isClosed }) => isClosed)).toEqual([true, true]));
    expect(clock.pendingTimers).toBe(0);
  });

  it('of a transport that is closed are opened no more: what fails by it and is tried again fails, too', async () => {
    await start(false);
    upstream.script = {};
    const running = send();
    const retries: RecordingHandler[] = [];
    const retry = (): void => {
      if (retries.length >= 10) return;
      const handler = new RecordingHandler();
      retries.push(handler);
      transport.send(request(), handler);
    };
    Object.assign(running, { onFailure: retry });
    await eventually(() => upstream.requests === 1);
    await transport.close();
    await retries[0]?.over;
    const unwanted = new RecordingHandler();
    transport.send(request(), unwanted).abort();
    await send().over;
    expect(retries.map(({ heard }) => heard)).toEqual([['Aborted: the transport was closed']]);
    expect([unwanted.heard, upstream.connections.length, clock.pendingTimers]).toEqual([[], 1, 0]);
  });
});

it('a request whose kept connection resets goes over a fresh one at once, past other kept ones, and is told as sent once', async () => {
  await start(false);
  await whole(2);
  upstream.script = {
    request: (connection, index) => {
      if (index === 0) connection.write(completion());
      else connection.reset();
    },
  };
  await whole();
  expect([upstream.connections.length, upstream.requests]).toEqual([3, 4]);
});

it('a paused connection that has answered is read again', async () => {
  await start(false);
  const handler = send();
  handler.goesOn = false;
  await handler.over;
  await whole();
  expect(upstream.connections).toHaveLength(1);
});

it('a body of any size is written whole, behind its head', async () => {
  await start(false);
  for (const size of [0, 16 * 1024, 16 * 1024 + 1, 3_000_000]) {
    const handler = send({ body: Buffer.alloc(size, 'x') });
    await handler.over;
    expect(handler.heard).toEqual(['sent', 'head 200', 'end']);
    expect(upstream.connections[0]?.received.endsWith(`content-length: ${size}\r\n\r\n${'x'.repeat(size)}`)).toBe(true);
  }
});

it('a request is kept until its answer begins, and no longer', async () => {
  await start(false);
  upstream.script = { request: (connection) => void connection.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n') };
  const handler = new RecordingHandler();
  const target = { id: 'x', origin: upstream.origin, allowPrivateNetwork: true, maxConnections: 1 };
  const call = transport.send({ target, path: '/', always: [], headers: [], body: Buffer.alloc(100_000) }, handler);
  expect(call).toMatchObject({ bytes: { body: expect.any(Buffer) } });
  await eventually(() => handler.heard.includes('head 200'));
  expect(call).toMatchObject({ bytes: undefined });
  upstream.connections[0]?.write('hello');
  await handler.over;
});

it('an answer to HEAD has no body, whatever its length says', async () => {
  await start(false);
  upstream.script = {
    request: (connection) => void connection.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n'),
  };
  const handler = send({ method: 'HEAD', body: Buffer.alloc(0) });
  await handler.over;
  await send({ method: 'HEAD', body: Buffer.alloc(0) }).over;
  expect([handler.heard, upstream.connections.length]).toEqual([['sent', 'head 200', 'end'], 1]);
});

it('whole chunk frames of a read are handed over as they came, and only those', async () => {
  await start(false);
  const pieces = [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    '1\r\na\r\n',
    '2\r\nbb\r\n1\r\nc\r\n',
    '3\r\nd',
    'dd\r\n',
    '1\r\ne\r\n',
    '0\r\n\r\n',
  ];
  const handler = new RecordingHandler();
  upstream.script = { request: (connection) => void connection.write(pieces[0] ?? '') };
  transport.send(
    {
      target: { id: 'x', origin: upstream.origin, allowPrivateNetwork: true, maxConnections: 1 },
      path: '/',
      always: [],
      headers: [],
      body: Buffer.alloc(0),
    },
    handler,
  );
  let body = 0;
  for (const piece of pieces.slice(1)) {
    await eventually(() => handler.heard.includes('head 200') && handler.body.length >= body);
    body += piece.replaceAll(/\d\r\n|\r\n/g, '').length;
    upstream.connections[0]?.write(piece);
  }
  await handler.over;
  expect(handler.body).toBe('abbcddde');
  expect(handler.frames).toEqual(['1\r\na\r\n', '2\r\nbb\r\n1\r\nc\r\n', undefined, undefined, '1\r\ne\r\n']);
});

describe.each([
  ['plain', false],
  ['TLS', true],
])('a rest from reading, %s', (_wire, tls) => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const frame = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  /** A call that has had its first chunk, with the connection that it is on. */
  async function streaming(kept?: RawConnection) {
    if (kept === undefined) await start(tls, tls ? [(await certificate).cert] : undefined);
    upstream.script = { request: (connection) => void connection.write(head).write(frame('a')) };
    const handler = new RecordingHandler();
    const { origin } = upstream;
    const target = { id: origin, origin, allowPrivateNetwork: true, maxConnections: 100 };
    const call = transport.send({ target, path: '/', always: [], headers: [], body: Buffer.alloc(0) }, handler);
    await eventually(() => handler.body === 'a');
    return { handler, call, connection: upstream.connections[0]! };
  }

  /** Until what has been written has come: on loopback another connection to and fro takes longer. */
  async function written(): Promise<void> {
    const { script } = upstream;
    upstream.script = { request: (connection) => void connection.write(completion()) };
    for (let round = 0; round < 3; round += 1) await send().over;
    upstream.script = script;
  }

  it('ends within a millisecond, and what came meanwhile is one read', async () => {
    const { handler, call, connection } = await streaming();
    const reads = handler.frames.length;
    call.rest();
    call.rest();
    for (const text of ['b', 'c', 'd']) {
      connection.write(frame(text));
      await written();
    }
    expect(handler.body).toBe('a');
    clock.advance(1);
    await eventually(() => handler.body === 'abcd');
    expect(handler.frames.slice(reads)).toEqual([frame('b') + frame('c') + frame('d')]);
    for (const text of ['e', 'f', 'g']) {
      call.rest();
      const { body } = handler;
      connection.write(frame(text));
      await written();
      expect(handler.body).toBe(body);
      clock.advance(1);
      await eventually(() => handler.body === body + text);
    }
  });

  it('neither ends a pause that the handler asked for, nor is ended by its end', async () => {
    const { handler, call, connection } = await streaming();
    handler.goesOn = false;
    connection.write(frame('b'));
    await eventually(() => handler.body === 'ab');
    call.rest();
    connection.write(frame('c'));
    await written();
    clock.advance(1);
    await written();
    expect(handler.body).toBe('ab');
    call.rest();
    handler.goesOn = true;
    call.resume();
    await written();
    expect(handler.body).toBe('ab');
    clock.advance(1);
    await eventually(() => handler.body === 'abc');
  });

  it('may be followed by another, or by a pause, from what it brought', async () => {
    const { handler, call, connection } = await streaming();
    handler.onRead = () => call.rest();
    call.rest();
    // Of one that rests it changes nothing.
    call.rest();
    connection.write(frame('b'));
    await written();
    clock.advance(1);
    await eventually(() => handler.body === 'ab');
    connection.write(frame('c'));
    await written();
    expect(handler.body).toBe('ab');
    handler.onRead = () => undefined;
    handler.goesOn = false;
    clock.advance(1);
    await eventually(() => handler.body === 'abc');
    connection.write(frame('d'));
    await written();
    expect(handler.body).toBe('abc');
    handler.goesOn = true;
    call.resume();
    await eventually(() => handler.body === 'abcd');
  });

  it('is not taken after a read that brought much: what follows waits for nothing', async () => {
    const { handler, call, connection } = await streaming();
    let before = handler.body.length;
    let asked = 0;
    handler.onRead = () => {
      const read = handler.body.length - before;
      before = handler.body.length;
      if (read < 16 * 1024) return;
      asked += 1;
      call.rest();
    };
    connection.write(frame('b'.repeat(512 * 1024)));
    await eventually(() => handler.body.length === 1 + 512 * 1024);
    expect(asked).toBeGreaterThan(0);
  });

  it('leaves a connection that has answered as it was', async () => {
    const { handler, call, connection } = await streaming();
    handler.onRead = () => call.rest();
    handler.goesOn = false;
    connection.write(`${frame('b')}0\r\n\r\n`);
    await handler.over;
    // The call is over: this is nobody's.
    call.rest();
    clock.advance(1);
    const again = await streaming(connection);
    again.call.rest();
    clock.advance(1);
    connection.write(frame('b'));
    await eventually(() => again.handler.body === 'ab');
    expect(upstream.connections).toHaveLength(1);
  });

  it('is no more than forgotten by a call that is aborted', async () => {
    const { handler, call, connection } = await streaming();
    call.rest();
    call.abort();
    clock.advance(1);
    await eventually(() => connection.isClosed);
    expect(handler.heard).toEqual(['sent', 'head 200']);
  });
});

describe('over TLS', () => {
  it('the name is sent, HTTP/1.1 alone is offered, and a second connection resumes the session of the first', async () => {
    const { cert } = await certificate;
    await start(true, [cert]);
    const seen: unknown[] = [];
    upstream.script = {
      request: (connection) => {
        const socket = connection.socket as TLSSocket & { readonly servername: string };
        seen.push([socket.alpnProtocol, socket.servername, socket.isSessionReused()]);
        connection.write(completion('connection: close'));
      },
    };
    await whole();
    await whole();
    expect(seen).toEqual([
      ['http/1.1', 'localhost', false],
      ['http/1.1', 'localhost', true],
    ]);
  });

  it('a certificate of nobody that is trusted is refused, and nothing is sent', async () => {
    await start(true);
    const handler = send();
    await handler.over;
    expect(handler.heard).toEqual(['TlsError: DEPTH_ZERO_SELF_SIGNED_CERT']);
    expect(upstream.requests).toBe(0);
  });

  it('a certificate for another name is refused', async () => {
    const other = await selfSigned('other.example');
    upstream = await RawUpstream.start(other);
    transport = new Http1Transport(systemClock, [other.cert]);
    const handler = send();
    await handler.over;
    expect(handler.heard).toEqual(['TlsError: ERR_TLS_CERT_ALTNAME_INVALID']);
    expect(upstream.requests).toBe(0);
  });
});

describe('a request on a kept connection that breaks without an answer', () => {
  async function brokenAfter(ms: number): Promise<{ heard: readonly string[]; requests: number }> {
    await start(false);
    await whole();
    let requests = 0;
    upstream.script = {
      request: (connection) => {
        requests += 1;
        if (requests > 1) return void connection.write(completion());
        clock.advance(ms);
        connection.reset();
      },
    };
    const handler = send();
    await handler.over;
    return { heard: handler.heard, requests };
  }

  it('is sent once more where the break comes at once', async () => {
    const { heard, requests } = await brokenAfter(1_000);
    expect(heard).toEqual(['sent', 'head 200', 'end']);
    expect(requests).toBe(2);
  });

  it('is not where the server has had it for longer: it may have been worked on', async () => {
    const { heard, requests } = await brokenAfter(1_001);
    expect(heard.at(-1)).toContain('ConnectionReset');
    expect(requests).toBe(1);
  });
});

it('a connection that gives up in the middle was lost, and not too slow to be made', async () => {
  await start(false);
  const opened = jest.spyOn(net, 'connect');
  upstream.script = { request: (connection) => void connection.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n') };
  const handler = send();
  await eventually(() => handler.heard.includes('head 200'));
  const [socket] = opened.mock.results.map(({ value }) => value as net.Socket);
  opened.mockRestore();
  // As the kernel does once what was sent stays unacknowledged for long enough.
  socket?.destroy(Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' }));
  await handler.over;
  expect(handler.heard.at(-1)).toBe('ConnectionReset: ETIMEDOUT');
});
