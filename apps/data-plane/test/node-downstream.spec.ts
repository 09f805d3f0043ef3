import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { eventually } from '#libs/testing';
import { GatewayError } from '../src/errors/error-table.js';
import { ClientConnection } from '../src/http/client-connection.js';
import { NodeDownstream } from '../src/http/node-downstream.js';

/** What the events of one request said, in order. */
interface Served {
  readonly path: string;
  readonly downstream: NodeDownstream;
  readonly response: ServerResponse;
  readonly heard: string[];
}

let server: Server;
let served: Served[];
/** What is done with each request. */
let serve: (request: Served) => void;
const clients: Socket[] = [];

beforeEach(async () => {
  served = [];
  server = createServer((request, response) => {
    request.resume();
    const heard: string[] = [];
    const downstream = new NodeDownstream(response);
    downstream.report({
      drained: () => void heard.push('drained'),
      flushed: () => void heard.push('flushed'),
      turnCame: () => void heard.push('turn'),
      abandoned: () => void heard.push('abandoned'),
      fail: ({ code }) => void heard.push(`fail: ${code}`),
      fault: (error) => void heard.push(`fault: ${String(error)}`),
    });
    const one = { path: request.url ?? '', downstream, response, heard };
    served.push(one);
    serve(one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Client {
  readonly socket: Socket;
  received(): string;
  /** Forgets what was received. */
  clear(): void;
  readonly closed: Promise<void>;
}

function open(): Client {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(socket);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  return { socket, received: () => text, clear: () => void (text = ''), closed };
}

const ask = (path: string, version = '1.1'): string => `GET ${path} HTTP/${version}\r\nhost: x\r\n\r\n`;
const bytes = (length: number): Buffer => Buffer.alloc(length, 'x');

/** The bodies of the answers in `text`; undefined while the last isn't whole. Throws on anything but whole answers. */
function bodiesOf(text: string): string[] | undefined {
  if (text === '') return undefined;
  const bodies: string[] = [];
  for (let at = 0; at < text.length;) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd === -1) return undefined;
    const head = text.slice(at, headEnd);
    if (!head.startsWith('HTTP/1.1 200 OK\r\n')) throw new Error(`no answer begins with ${head.slice(0, 60)}`);
    at = headEnd + 4;
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      if (text.length < at + Number(length)) return undefined;
      bodies.push(text.slice(at, (at += Number(length))));
      continue;
    }
    if (!/\r\ntransfer-encoding: chunked/i.test(head)) throw new Error(`no framing in ${head}`);
    let body = '';
    for (let size = -1; size !== 0;) {
      const line = text.indexOf('\r\n', at);
      if (line === -1) return undefined;
      if (!/^[0-9a-f]+(;ext=1)?$/.test(text.slice(at, line)))
        throw new Error(`no chunk begins with ${text.slice(at, at + 20)}`);
      size = Number.parseInt(text.slice(at, line), 16);
      if (text.length < line + 2 + size + 2) return undefined;
      body += text.slice(line + 2, line + 2 + size);
      if (text.slice(line + 2 + size, line + 4 + size) !== '\r\n') throw new Error('a chunk has no end');
      at = line + 4 + size;
    }
    bodies.push(body);
  }
  return bodies;
}

/** A stream of four parts, one of them frames as they came, each in a turn of its own; or a plain answer at once. */
function answerInTurns({ path, downstream }: Served): void {
  if (path.startsWith('/plain')) {
    downstream.send(200, ['x-kind', 'plain'], `plain ${path}`);
    return;
  }
  downstream.start(200, ['x-kind', 'stream']);
  const steps = [
    () => downstream.write(`one ${path};`),
    () => downstream.writeFrames(Buffer.from('4\r\ntwo;\r\n6;ext=1\r\nthree;\r\n')),
    () => downstream.write('four;'),
    () => downstream.end('last'),
  ];
  const next = (): void => {
    steps.shift()?.();
    if (steps.length > 0) setImmediate(next);
  };
  next();
}

const expectedBody = (path: string): string =>
  path.startsWith('/plain') ? `plain ${path}` : `one ${path};two;three;four;last`;

describe('node and the frames written past it agree', () => {
  const paths = Array.from({ length: 1_000 }, (_, index) => `/${index % 3 === 0 ? 'stream' : 'plain'}/${index}`);

  it('a thousand requests on one connection, one after another', async () => {
    serve = answerInTurns;
    const client = open();
    for (const path of paths) {
      client.clear();
      client.socket.write(ask(path));
      expect(await eventually(() => bodiesOf(client.received()), { pollMs: 0 })).toEqual([expectedBody(path)]);
    }
    expect(served.flatMap(({ heard }) => heard)).toEqual([]);
  }, 60_000);

  it('a thousand requests on one connection, all at once', async () => {
    serve = answerInTurns;
    const client = open();
    client.socket.write(paths.map((path) => ask(path)).join(''));
    await eventually(() => bodiesOf(client.received())?.length === paths.length);
    expect(bodiesOf(client.received())).toEqual(paths.map(expectedBody));
  }, 60_000);

  it('a stream is a head with its first chunk in one string, and one write a chunk', async () => {
    let written: unknown[][] = [];
    serve = ({ downstream, response }) => {
      if (response.socket === null) throw new Error('no socket');
      const write = jest.spyOn(response.socket, 'write');
      downstream.start(200, []);
      downstream.write('first');
      setImmediate(() => {
        downstream.write('second');
        downstream.writeFrames(Buffer.from('5\r\nthird\r\n'));
        written = write.mock.calls.map(([data]) => [data]);
        write.mockRestore();
        downstream.end('');
      });
    };
    const client = open();
    client.socket.write(ask('/'));
    await eventually(() => bodiesOf(client.received()));
    expect(written).toEqual([
      [expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n5\r\nfirst\r\n$/s)],
      ['6\r\nsecond\r\n'],
      ['5\r\nthird\r\n'],
    ]);
  });

  it('HTTP/1.0 gets the data without frames, and the end of its connection', async () => {
    serve = answerInTurns;
    const client = open();
    client.socket.write(ask('/stream', '1.0'));
    await client.closed;
    const [head, body] = client.received().split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(body).toBe(expectedBody('/stream'));
  });

  it('an empty text is no chunk: it would end the body', async () => {
    serve = ({ downstream }) => {
      downstream.start(200, []);
      expect(downstream.write('')).toBe(true);
      downstream.write('a');
      expect(downstream.write('')).toBe(true);
      downstream.end('');
    };
    const client = open();
    client.socket.write(ask('/'));
    expect(await eventually(() => bodiesOf(client.received()))).toEqual(['a']);
  });

  it('the last of a stream and its end are one write', async () => {
    const writes: string[] = [];
    serve = ({ downstream, response }) => {
      downstream.start(200, []);
      downstream.write('a');
      const write = jest.spyOn(response.socket!, 'write');
      downstream.end('bc');
      writes.push(...write.mock.calls.map(([text]) => String(text)));
    };
    const client = open();
    client.socket.write(ask('/'));
    expect(await eventually(() => bodiesOf(client.received()))).toEqual(['abc']);
    // Node's own end writes nothing, to hear when all is out.
    expect(writes).toEqual(['2\r\nbc\r\n0\r\n\r\n', '']);
  });

  it('a stream without content, and one whose connection was to close', async () => {
    serve = ({ downstream }) => {
      downstream.start(200, []);
      downstream.end('');
    };
    const client = open();
    client.socket.write(`${ask('/').trimEnd()}\r\nconnection: close\r\n\r\n`);
    await client.closed;
    expect(bodiesOf(client.received())).toEqual(['']);
  });
});

describe('a client that reads slowly', () => {
  /** Fills what the kernel takes on the way. */
  const large = bytes(24 * 1024 * 1024).toString('latin1');

  it('a plain answer is taken at once, or flushed later, once', async () => {
    const taken: boolean[] = [];
    serve = ({ path, downstream }) => void taken.push(downstream.send(200, [], path === '/large' ? large : 'small'));
    const client = open();
    client.socket.write(ask('/small'));
    await eventually(() => client.received().endsWith('small'));
    client.socket.pause();
    client.socket.write(ask('/large'));
    await eventually(() => taken.length === 2);
    expect(taken).toEqual([true, false]);
    expect(served[1]?.heard).not.toContain('flushed');
    client.socket.resume();
    await eventually(() => served[1]?.heard.includes('flushed'));
    // What was taken in between shows that the client is alive.
    expect(served[1]?.heard.filter((event) => event === 'drained').length).toBeGreaterThan(5);
    expect(served[1]?.heard.filter((event) => event === 'flushed')).toHaveLength(1);
    expect(served[0]?.heard).toEqual([]);
    await eventually(() => bodiesOf(client.received())?.[1]?.length === large.length);
  });

  it('a stream says when to stop and when to go on; its end is flushed', async () => {
    serve = ({ downstream }) => downstream.start(200, []);
    const client = open();
    client.socket.pause();
    client.socket.write(ask('/'));
    const one = await eventually(() => served[0]);
    while (one.downstream.write(large.slice(0, 1024 * 1024)));
    expect(one.heard).toEqual([]);
    client.socket.resume();
    await eventually(() => one.heard.includes('drained'));
    client.socket.pause();
    while (one.downstream.write(large.slice(0, 1024 * 1024)));
    expect(one.downstream.end('')).toBe(false);
    client.socket.resume();
    await eventually(() => one.heard.at(-1) === 'flushed');
    await eventually(() => bodiesOf(client.received()));
  });

  it('an answer behind another is not taken before its turn', async () => {
    const [first, second] = await pipelined();
    expect(second?.downstream.send(200, [], 'second')).toBe(false);
    expect([first?.downstream.isBehindAnother, second?.downstream.isBehindAnother]).toEqual([false, true]);
    first?.downstream.send(200, [], 'first');
    expect(second?.downstream.isBehindAnother).toBe(false);
    await eventually(() => second?.heard.includes('flushed'));
    expect(first?.heard).toEqual([]);
    expect(second?.heard).toEqual(['turn', 'flushed']);
  });

  it('a stream behind another goes on when its turn comes', async () => {
    const [first, second] = await pipelined();
    second?.downstream.start(200, []);
    while (second?.downstream.write('x'.repeat(10_000)));
    expect(second?.heard).toEqual([]);
    first?.downstream.send(200, [], 'first');
    await eventually(() => second?.heard.includes('drained'));
    second?.downstream.end('');
    await eventually(() => bodiesOf(clientText())?.length === 2);
  });
});

describe('a connection that dies', () => {
  it.each(['destroy', 'resetAndDestroy'] as const)(
    'every request on it hears so, those behind another too (%s)',
    async (how) => {
      const requests = await pipelined(5);
      lastClient?.socket[how]();
      await eventually(() => requests.every(({ heard }) => heard.includes('abandoned')));
      expect(requests.map(({ heard }) => heard)).toEqual(requests.map(() => ['abandoned']));
    },
  );

  it('an answer that was not flushed is abandoned, not flushed', async () => {
    serve = ({ downstream }) => void downstream.send(200, [], bytes(24 * 1024 * 1024));
    const client = open();
    client.socket.pause();
    client.socket.write(ask('/'));
    const one = await eventually(() => served[0]);
    client.socket.resetAndDestroy();
    await eventually(() => one.heard.includes('abandoned'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.heard.filter((event) => event !== 'drained')).toEqual(['abandoned']);
  });

  it('a stream whose end was not flushed is abandoned by a cut of ours, too', async () => {
    serve = ({ downstream }) => downstream.start(200, []);
    const client = open();
    client.socket.pause();
    client.socket.write(ask('/'));
    const one = await eventually(() => served[0]);
    one.downstream.write(bytes(24 * 1024 * 1024).toString('latin1'));
    expect(one.downstream.end('')).toBe(false);
    one.downstream.destroy();
    await eventually(() => one.heard.includes('abandoned'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.heard).toEqual(['abandoned']);
  });

  it('an answer that is over hears nothing of it', async () => {
    serve = answerInTurns;
    const client = open();
    client.socket.write(ask('/stream'));
    await eventually(() => bodiesOf(client.received()));
    const socket = served[0]?.response.req.socket;
    client.socket.destroy();
    if (socket?.destroyed === false) await once(socket, 'close');
    expect(served[0]?.heard).toEqual([]);
  });

  it('what is written after it is not taken, and no error', async () => {
    serve = ({ downstream }) => downstream.start(200, []);
    const client = open();
    client.socket.write(ask('/'));
    const one = await eventually(() => served[0]);
    one.downstream.write('first');
    client.socket.destroy();
    await eventually(() => one.heard.includes('abandoned'));
    expect(one.downstream.write('second')).toBe(false);
    one.downstream.end('');
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.heard).toEqual(['abandoned']);
  });

  it('destroy cuts the connection of an answer whose turn has not come', async () => {
    const [first, second] = await pipelined();
    second?.downstream.destroy();
    await lastClient?.closed;
    await eventually(() => first?.heard.includes('abandoned'));
  });

  it('a fault in an event goes to its owner', async () => {
    const faults: unknown[] = [];
    const error = new Error('a bug');
    serve = ({ downstream }) => {
      downstream.report({
        drained() {},
        flushed() {},
        turnCame() {},
        abandoned() {
          throw error;
        },
        fail() {
          throw error;
        },
        fault: (fault) => void faults.push(fault),
      });
    };
    const client = open();
    client.socket.write(ask('/'));
    await eventually(() => served.length === 1);
    served[0]!.downstream.requestBroke(new GatewayError('invalid_request', 'x'), () => {});
    client.socket.destroy();
    await eventually(() => faults.length === 2);
    expect(faults).toEqual([error, error]);
  });
});

it('a request that breaks off is answered where it is told to be, and not by node', async () => {
  const said: string[] = [];
  serve = ({ downstream }) => {
    downstream.report({
      drained() {},
      flushed() {},
      turnCame() {},
      abandoned() {},
      fail: ({ message }) => {
        expect(downstream.send(400, ['a', 'b'], message)).toBe(true);
      },
      fault: (fault) => void said.push(String(fault)),
    });
    expect(downstream.isWaitingForRequest).toBe(true);
    downstream.requestBroke(new GatewayError('invalid_request', 'gr\u00fcn'), (answer) => void said.push(answer));
  };
  const client = open();
  client.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n');
  await eventually(() => said.length === 1);
  expect(said).toEqual(['HTTP/1.1 400 Bad Request\r\nconnection: close\r\na: b\r\ncontent-length: 4\r\n\r\ngr\u00fcn']);
  expect(served[0]!.response.headersSent).toBe(false);
  expect(ClientConnection.of(served[0]!.response.socket!).waiting).toBeUndefined();
});

it('a connection has the same listeners after many requests', async () => {
  serve = answerInTurns;
  const client = open();
  const counts: string[] = [];
  for (let index = 1; index <= 30; index += 1) {
    client.socket.write(ask('/stream'));
    await eventually(() => bodiesOf(client.received())?.length === index);
    const { socket } = served[0]?.response.req ?? {};
    if (socket === undefined) throw new Error('no socket');
    expect(ClientConnection.of(socket).socket).toBe(socket);
    counts.push(['drain', 'close', 'data', 'end', 'error'].map((event) => socket.listenerCount(event)).join());
  }
  expect(new Set(counts.slice(1)).size).toBe(1);
});

let lastClient: Client | undefined;
const clientText = (): string => lastClient?.received() ?? '';

/** Requests on one connection that wait for their answers. */
async function pipelined(count = 2): Promise<Served[]> {
  serve = () => {};
  lastClient = open();
  lastClient.socket.write(ask('/').repeat(count));
  await eventually(() => served.length === count);
  return served;
}
