import { systemClock } from '#libs/clock';
import { eventuallyPasses } from '#libs/testing';
import { Http1Transport } from '../src/upstream/http1/http1-transport.js';
import { completion, RawUpstream, type RawConnection, type RawScript, unbounded } from './http1/raw-upstream.js';
import { selfSigned } from './http1/test-certificate.js';
import { ONE_ATTEMPT } from './support/entries.js';
import { Gateway } from './support/gateway.js';
import { chunk, doneEvent, roleChunk } from './support/scripted-upstream.js';

/** What happens on the wire, and what the client of the gateway saw. No attempt is ever repeated by the route here. */
interface Case {
  readonly name: string;
  /** Requests of the client, one after the other; each waits for `settled` of the one before. */
  readonly bodies?: readonly object[];
  readonly request?: RawScript['request'];
  readonly bytes?: RawScript['bytes'];
  /** Between two requests. */
  readonly between?: (upstream: RawUpstream) => Promise<void>;
  readonly saw: readonly unknown[];
  readonly connections: number;
  readonly after?: (upstream: RawUpstream) => Promise<void>;
}

const stream = { stream: true };
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';
const frame = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const twice = [{}, {}];
const closed = (index: number) => (upstream: RawUpstream) =>
  eventuallyPasses(() => expect(upstream.connections[index]?.isClosed).toBe(true));
/** Answers the first request of each connection, and does this with the second. */
const onReuse =
  (act: (connection: RawConnection) => void) =>
  (connection: RawConnection, index: number): void => {
    if (index === 0) connection.write(completion());
    else act(connection);
  };
const cutWhole = completion().slice(0, -20);

const cases: readonly Case[] = [
  {
    name: 'a kept connection serves the next request',
    bodies: twice,
    request: (connection) => void connection.write(completion()),
    saw: ['200', '200'],
    connections: 1,
  },
  {
    name: 'an idle connection that the server closes is not used again',
    bodies: twice,
    request: (connection) => void connection.write(completion()),
    between: async (upstream) => {
      upstream.connections[0]?.halfClose();
      await closed(0)(upstream);
    },
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'an idle connection that is reset is not used again',
    bodies: twice,
    request: (connection) => void connection.write(completion()),
    between: async (upstream) => {
      upstream.connections[0]?.reset();
      await closed(0)(upstream);
    },
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'a connection reset while the next request is written: once more, over a fresh one',
    bodies: twice,
    request: onReuse((connection) => connection.reset()),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'a connection closed while the next request is written: once more, over a fresh one',
    bodies: twice,
    request: onReuse((connection) => connection.halfClose()),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'a fresh connection that is reset as well: never a third time',
    bodies: twice,
    request: (connection, index) => {
      if (connection.index === 0 && index === 0) connection.write(completion());
      else connection.reset();
    },
    saw: ['200', '502 ConnectionReset'],
    connections: 2,
  },
  {
    name: 'a reset of a first request is no idle connection, and is told',
    request: (connection) => connection.reset(),
    saw: ['502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a close before the answer of a first request, too',
    request: (connection) => connection.halfClose(),
    saw: ['502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a reset on reuse after a byte of the answer is told',
    bodies: twice,
    request: onReuse((connection) => connection.write('H').halfClose()),
    saw: ['200', '502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a close after an interim answer is told',
    bodies: twice,
    request: onReuse((connection) => connection.write('HTTP/1.1 100 Continue\r\n\r\n').halfClose()),
    saw: ['200', '502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'an answer before the request is there: it stands, the rest stays unsent, the connection goes',
    bodies: [{ filler: 'x'.repeat(8_000_000) }, {}],
    bytes: (connection) => {
      if (connection.index > 0 || connection.hasWritten) return;
      connection.pause().write(completion().replace('200 OK', '413 Too Large'));
    },
    request: (connection) => void connection.write(completion()),
    saw: ['400', '200'],
    connections: 2,
    after: async (upstream) => {
      const [early] = upstream.connections;
      early?.socket.resume();
      await closed(0)(upstream);
      expect(early?.received.length).toBeLessThan(8_000_000);
    },
  },
  {
    name: 'bytes after the end, in the same piece: the answer stands, the connection goes',
    bodies: twice,
    request: (connection) => void connection.write(`${completion()}HTTP/1.1 200 OK\r\n\r\n`),
    between: closed(0),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'bytes that come to an idle connection end it',
    bodies: twice,
    request: (connection) => void connection.write(completion()),
    between: async (upstream) => {
      upstream.connections[0]?.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
      await closed(0)(upstream);
    },
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'a close in the middle of a body',
    request: (connection) => connection.write(cutWhole).halfClose(),
    saw: ['502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a reset in the middle of a body',
    request: (connection) => {
      connection.socket.write(cutWhole, () => connection.reset());
    },
    saw: ['502 ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a close between two chunks of a stream that has begun',
    bodies: [stream],
    request: (connection) =>
      connection
        .write(`${streamHead}transfer-encoding: chunked\r\n\r\n${frame(roleChunk + chunk({ content: 'first' }))}`)
        .halfClose(),
    saw: ['200 interrupted ConnectionReset'],
    connections: 1,
  },
  {
    name: 'a stream that ends in chunks, with trailers',
    bodies: [stream],
    request: (connection) =>
      void connection.write(
        `${streamHead}transfer-encoding: chunked\r\n\r\n${frame(roleChunk + chunk({ content: 'first' }))}${frame(doneEvent)}0\r\nx: y\r\n\r\n`,
      ),
    saw: ['200 done'],
    connections: 1,
  },
  {
    name: 'a body that ends with the connection',
    request: (connection) => connection.write(unbounded).halfClose(),
    saw: ['200'],
    connections: 1,
  },
  {
    name: 'a body that ends with the connection, reset instead',
    request: (connection) => {
      connection.socket.write(unbounded.slice(0, -20), () => connection.reset());
    },
    // libuv shows a reset that comes along with bytes as an end: what came must be judged by what it says.
    saw: [expect.stringMatching(/^502 (?:ConnectionReset|IncompleteBody)$/)],
    connections: 1,
  },
  {
    name: 'a close right behind a whole answer',
    bodies: twice,
    request: (connection) => connection.write(completion()).halfClose(),
    between: closed(0),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: '`connection: close` is believed',
    bodies: twice,
    request: (connection) => void connection.write(completion('connection: close')),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'a keep-alive of a second is too short to be used',
    bodies: twice,
    request: (connection) => void connection.write(completion('keep-alive: timeout=1')),
    saw: ['200', '200'],
    connections: 2,
  },
  {
    name: 'both framings at once are refused, and the connection goes',
    request: (connection) => void connection.write(completion('transfer-encoding: chunked')),
    saw: ['502 Protocol'],
    connections: 1,
  },
  {
    name: 'interim answers are passed over',
    request: (connection) => void connection.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${completion()}`),
    saw: ['200'],
    connections: 1,
  },
  {
    name: 'a switch of the protocol is refused',
    request: (connection) => void connection.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    saw: ['502 Protocol'],
    connections: 1,
  },
];

const certificate = selfSigned('localhost');

describe.each(['plain', 'TLS'])('over %s sockets', (kind) => {
  let upstream: RawUpstream;
  let gateway: Gateway;

  async function start(): Promise<void> {
    const identity = await certificate;
    upstream = await RawUpstream.start(kind === 'TLS' ? identity : undefined);
    gateway = await Gateway.start(
      { providers: [{ name: 'alpha', baseURL: `${upstream.origin}/v1` }], route: { retry: ONE_ATTEMPT } },
      { transport: new Http1Transport(systemClock, [identity.cert]) },
    );
  }
  afterEach(async () => {
    await eventuallyPasses(() => expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 }));
    await gateway.stop();
    await upstream.stop();
  });

  /** In few words. */
  async function saw(body: object): Promise<string> {
    const { status, body: text } = await gateway.chat(body);
    const [attempt] = gateway.records.at(-1)?.attempts ?? [];
    expect(gateway.records.at(-1)?.attempts).toHaveLength(1);
    if (status !== 200)
      return attempt?.status === 0 || attempt?.status === 200 ? `${status} ${attempt.code}` : `${status}`;
    if (!('stream' in body)) return JSON.parse(text).choices[0].message.content === 'hello' ? '200' : text;
    return text.endsWith(doneEvent) ? '200 done' : `200 interrupted ${attempt?.code}`;
  }

  it.each(cases)('$name', async ({ bodies = [{}], request, bytes, between, saw: expected, connections, after }) => {
    await start();
    upstream.script = { request, bytes };
    const seen: string[] = [];
    for (const [index, body] of bodies.entries()) {
      if (index > 0) await between?.(upstream);
      seen.push(await saw(body));
    }
    expect(seen).toEqual(expected);
    expect(upstream.connections).toHaveLength(connections);
    await after?.(upstream);
  });

  it('sixteen kept connections that all reset on reuse: nobody sees it, and the breaker counts nothing', async () => {
    await start();
    const waiting: RawConnection[] = [];
    upstream.script = {
      request: (connection, index) => {
        if (index > 0) connection.reset();
        else if (connection.index >= 16) connection.write(completion());
        // All at once, so that there are sixteen of them.
        else if (waiting.push(connection) === 16) for (const one of waiting) one.write(completion());
      },
    };
    const round = () => Promise.all(Array.from({ length: 16 }, () => saw({})));
    expect(new Set(await round())).toEqual(new Set(['200']));
    expect(upstream.connections).toHaveLength(16);
    expect(new Set(await round())).toEqual(new Set(['200']));
    expect(upstream.connections).toHaveLength(32);
    const [[, breaker] = []] = [...gateway.runtime.routing.breakers.byId.entries()];
    expect(breaker?.state).toMatchObject({ phase: 'Closed', consecutiveFailures: 0 });
  });
});
