import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { WatchStream } from './watch-stream.js';

const server = createServer();
let client: Socket;
let response: ServerResponse;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(async () => {
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  const requested = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  [, response] = await requested;
});
afterEach(() => client.destroy());
afterAll(() => server.close());

test('sends its headers before any event', async () => {
  const stream = new WatchStream(response, () => undefined);
  const [head] = (await once(client, 'data')) as [Buffer];
  expect(head.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*content-type: application\/json\r\n/);
  stream.end();
});

test('stays open however long nothing happens', () => {
  response.socket!.setTimeout(1_000);
  const stream = new WatchStream(response, () => undefined);
  expect(response.socket!.timeout).toBe(0);
  stream.end();
});

test('closes a client that does not read, at the bound', async () => {
  let closed = 0;
  const stream = new WatchStream(response, () => (closed += 1), 256 * 1024);
  client.pause();
  const frame = Buffer.alloc(64 * 1024, 'x');
  // Socket buffers take some; whatever their size, the bound is reached after finitely many.
  for (let sent = 0; stream.open && sent < 1_000; sent++) stream.send(frame);
  expect([stream.open, closed]).toEqual([false, 1]);
  client.resume();
  await once(client, 'close');
  stream.send(frame);
  expect(closed).toBe(1);
});

test('waits for a slow client where the events can wait, and stops waiting when it leaves', async () => {
  const stream = new WatchStream(response, () => undefined);
  const frame = Buffer.alloc(256 * 1024, 'x');
  let received = 0;
  client.on('data', (chunk: Buffer) => (received += chunk.length));
  for (let sent = 0; sent < 100; sent++) {
    stream.send(frame);
    await stream.caughtUp();
  }
  expect(stream.open).toBe(true);
  expect(received).toBeGreaterThan(0);
  client.pause();
  stream.send(Buffer.alloc(8 * 1024 * 1024, 'x'));
  const waiting = stream.caughtUp();
  client.destroy();
  await waiting;
  // Some versions of Node report the drain of what they drop, a moment before the close.
  if (stream.open) await once(response, 'close');
  expect(stream.open).toBe(false);
});

test('ends in good order: everything sent arrives', async () => {
  const stream = new WatchStream(response, () => undefined);
  stream.send(Buffer.from('last\n'));
  stream.end();
  let text = '';
  for await (const chunk of client) {
    text += String(chunk);
    if (text.endsWith('0\r\n\r\n')) break;
  }
  expect(text).toContain('last\n');
});
