import { type AddressInfo, createServer, type Socket } from 'node:net';
import { systemClock } from '#libs/clock';
import { eventually, eventuallyPasses } from '#libs/testing';
import { Http1Transport } from '../src/upstream/http1/http1-transport.js';
import type { Transport, UpstreamRequest } from '../src/upstream/transport.js';
import { RawUpstream } from './http1/raw-upstream.js';
import { RecordingHandler } from './http1/recording-handler.js';
import { UndiciTransport } from './reference/undici-transport.js';

/** What every transport does, ours and the one that it is held against. */
const transports = {
  ours: () => new Http1Transport(systemClock),
  'the reference': () => new UndiciTransport(),
} satisfies Record<string, () => Transport>;

const requestTo = (origin: string, changes: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  target: { id: origin, origin, allowPrivateNetwork: true, maxConnections: 10 },
  path: '/v1/x?y=1',
  always: ['x-one', '1'],
  headers: ['x-two', 'zw\xf6'],
  body: Buffer.from('{"a":1}'),
  ...changes,
});

describe.each(Object.entries(transports))('%s', (_name, open) => {
  let upstream: RawUpstream;
  let transport: Transport;
  beforeEach(async () => {
    upstream = await RawUpstream.start();
    transport = open();
  });
  afterEach(async () => {
    await transport.close();
    await upstream.stop();
  });

  const send = (changes?: Partial<UpstreamRequest>) => {
    const handler = new RecordingHandler();
    return { handler, call: transport.send(requestTo(upstream.origin, changes), handler) };
  };

  it('writes the request as it was given', async () => {
    upstream.script = { request: (connection) => void connection.write('HTTP/1.1 204 No Content\r\n\r\n') };
    await send().handler.over;
    const [head, body] = upstream.connections[0]?.received.split('\r\n\r\n') ?? [];
    expect(body).toBe('{"a":1}');
    const lines = head?.split('\r\n') ?? [];
    expect(lines[0]).toBe('POST /v1/x?y=1 HTTP/1.1');
    expect(lines).toEqual(
      expect.arrayContaining(['x-one: 1', 'x-two: zw\xf6', 'content-length: 7', `host: localhost:${upstream.port}`]),
    );
  });

  it('says sent, head, body and end in this order, once each', async () => {
    upstream.script = {
      request: (connection) =>
        void connection.write('HTTP/1.1 201 Made\r\nX-Name:  a b\r\ncontent-length: 5\r\n\r\nhello'),
    };
    const { handler } = send();
    await handler.over;
    expect(handler.heard).toEqual(['sent', 'head 201', 'end']);
    expect(handler.body).toBe('hello');
    expect(handler.header('x-name')).toBe('a b');
  });

  it('does not follow a redirect', async () => {
    upstream.script = {
      request: (connection) =>
        void connection.write(`HTTP/1.1 302 Found\r\nlocation: ${upstream.origin}\r\ncontent-length: 0\r\n\r\n`),
    };
    const { handler } = send();
    await handler.over;
    expect([handler.heard, upstream.requests]).toEqual([['sent', 'head 302', 'end'], 1]);
  });

  it('pauses where the handler says so, and goes on when it is told to', async () => {
    const size = 30_000_000;
    let writable: Socket | undefined;
    upstream.script = {
      request: ({ socket }) => {
        writable = socket;
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
        for (let left = size; left > 0; left -= 100_000) socket.write(Buffer.alloc(100_000, 'x'));
      },
    };
    const { handler, call } = send();
    handler.goesOn = false;
    await eventually(() => handler.body.length > 0);
    // Nothing more is read: what the kernel doesn't hold stays on the other side.
    const readOnce = handler.body.length;
    await eventually(() => (writable?.writableLength ?? 0) > size / 3);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(handler.body.length).toBeLessThanOrEqual(readOnce + 256 * 1024);
    handler.goesOn = true;
    call.resume();
    await handler.over;
    expect(handler.body).toHaveLength(size);
  });

  it('a call that is aborted at once never gets there', async () => {
    const { handler, call } = send();
    call.abort();
    upstream.script = { request: (connection) => void connection.write('HTTP/1.1 204 No Content\r\n\r\n') };
    await send().handler.over;
    expect([handler.heard, upstream.requests]).toEqual([[], 1]);
  });

  it('an abort in a TLS handshake ends the socket', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.resume().on('error', () => undefined)));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const handler = new RecordingHandler();
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const call = transport.send(requestTo(origin), handler);
    await eventually(() => sockets.length === 1);
    call.abort();
    await eventuallyPasses(() => expect(sockets[0]?.destroyed).toBe(true));
    expect(handler.heard).toEqual([]);
    silent.close();
  });

  it.each([
    ['before the head', ''],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'],
    ['between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ])('an abort %s ends the socket, and nothing more is heard', async (_when, answer) => {
    upstream.script = { request: (connection) => void connection.write(answer) };
    const { handler, call } = send();
    await eventually(() => upstream.requests === 1 && handler.body === (answer === '' ? '' : 'hello'));
    const heard = [...handler.heard];
    call.abort();
    call.abort();
    await eventuallyPasses(() => expect(upstream.connections[0]?.isClosed).toBe(true));
    expect(handler.heard).toEqual(heard);
  });

  it('an abort out of the handler itself', async () => {
    upstream.script = {
      request: (connection) => void connection.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab'),
    };
    const handler = new RecordingHandler();
    handler.onHead = () => call.abort();
    const call = transport.send(requestTo(upstream.origin), handler);
    await eventuallyPasses(() => expect(upstream.connections[0]?.isClosed).toBe(true));
    expect([handler.heard, handler.body]).toEqual([['sent'], '']);
  });

  it('nobody there', async () => {
    const { origin } = upstream;
    await upstream.stop();
    const handler = new RecordingHandler();
    transport.send(requestTo(origin), handler);
    await handler.over;
    expect(handler.heard).toEqual(['ConnectionRefused: ECONNREFUSED']);
  });

  it('an address that may not be connected to, as a literal and as a name', async () => {
    for (const origin of [`http://127.0.0.1:${upstream.port}`, upstream.origin]) {
      const handler = new RecordingHandler();
      transport.send(
        requestTo(origin, {
          target: { id: `public ${origin}`, origin, allowPrivateNetwork: false, maxConnections: 1 },
        }),
        handler,
      );
      await handler.over;
      expect(handler.heard).toEqual([
        expect.stringMatching(/^AddressRefused: the address .* is in the range "loopback"/),
      ]);
    }
    expect(upstream.connections).toHaveLength(0);
  });
});
