import { connect, type Socket } from 'node:net';
import { eventually } from '#libs/testing';
import { API_KEY } from '../../test/support/entries.js';
import { chunk, doneEvent, stopChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, type VirtualCall, VirtualGateway } from '../../test/support/virtual-gateway.js';
import { type DataServer, startDataServer } from './data-server.js';

const LONG_MS = 600_000;
const answer = '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}';
const nothing = 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n';
const streamed = '{"model":"chat","stream":true,"messages":[]}';
const body = '{"model":"chat","messages":[]}';

let gateway: VirtualGateway;
let server: DataServer;
const clients: Socket[] = [];

beforeEach(async () => {
  gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }] });
  server = await startDataServer(gateway.runtime, { host: '127.0.0.1', port: 0, probe: () => undefined });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  expect(gateway.held()).toEqual(nothingHeld);
});

interface Client {
  readonly socket: Socket;
  received(): string;
  isClosed(): boolean;
}

function talk(text: string): Client {
  const socket = connect(server.address.port, '127.0.0.1');
  clients.push(socket);
  let received = '';
  let isClosed = false;
  socket.on('data', (data) => {
    received += data.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  socket.write(text);
  return { socket, received: () => received, isClosed: () => isClosed };
}

const head = (length: number): string =>
  `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\ncontent-length: ${length}\r\n\r\n`;

/** A client whose request's body has come in part. */
async function uploading(text = body.slice(0, 10)): Promise<Client> {
  const client = talk(head(body.length) + text);
  await eventually(() => bytesRead() === head(body.length).length + text.length);
  return client;
}

/** By the server, of the one connection there is. */
function bytesRead(): number {
  const [socket] = (server as unknown as { sockets: Set<Socket> }).sockets;
  return socket?.bytesRead ?? 0;
}

function answerCall(index: number): void {
  const call = gateway.calls[index]!;
  call.sent();
  call.head(200, 'application/json');
  call.data(answer);
  call.end();
}

/** A client that doesn't read, with more of a stream under way to it than the kernel's buffers take. */
async function unread(): Promise<{ client: Client; call: VirtualCall }> {
  const client = talk(head(streamed.length) + streamed);
  client.socket.pause();
  await eventually(() => gateway.calls.length === 1);
  const call = gateway.calls[0]!;
  call.sent();
  call.head(200, 'text/event-stream');
  for (let index = 0; index < 30; index += 1) call.data(chunk({ content: 'x'.repeat(900_000) }));
  return { client, call };
}

describe('a drain', () => {
  it('leaves an idle connection a second, in which a request is still taken', async () => {
    const client = talk(nothing);
    await eventually(() => client.received().includes('204 No Content'));
    const drained = server.drain(LONG_MS, 0);
    await gateway.clock.advanceAsync(900);
    client.socket.write(nothing);
    await eventually(() => client.isClosed());
    expect(client.received().match(/HTTP\/1\.1 204|Connection: [a-z-]+/g)).toEqual([
      'HTTP/1.1 204',
      'Connection: keep-alive',
      'HTTP/1.1 204',
      'Connection: close',
    ]);
    await drained;
  });

  it('lets an answer that is written be taken', async () => {
    const { client, call } = await unread();
    call.data(stopChunk + doneEvent);
    call.end();
    const drained = server.drain(LONG_MS, 0);
    await gateway.clock.advanceAsync(10_000);
    client.socket.resume();
    await eventually(() => gateway.finished.length === 1);
    await gateway.clock.advanceAsync(100);
    await drained;
    await eventually(() => client.isClosed());
    expect(client.received().length).toBeGreaterThan(30 * 900_000);
    expect(client.received()).toContain(doneEvent);
    expect(gateway.finished).toMatchObject([{ finish: 'Completed' }]);
  });

  it('waits a second for the rest of a head, and no longer', async () => {
    // The answer to the first says that the second has begun to arrive.
    const client = talk(`${nothing}POST /v1/chat/completions HTTP/1.1\r\nhost`);
    await eventually(() => client.received().includes('204 No Content'));
    const drained = server.drain(LONG_MS, 0);
    await gateway.clock.advanceAsync(950);
    expect(bytesRead()).toBeGreaterThan(0);
    await gateway.clock.advanceAsync(100);
    await drained;
    await eventually(() => client.isClosed());
  });

  it('waits for a body while it comes, and its answer closes the connection', async () => {
    const client = await uploading();
    const drained = server.drain(LONG_MS, 0);
    for (const character of body.slice(10, 13)) {
      await gateway.clock.advanceAsync(4_900);
      const before = bytesRead();
      client.socket.write(character);
      await eventually(() => bytesRead() === before + 1);
    }
    client.socket.write(body.slice(13));
    await eventually(() => gateway.calls.length === 1);
    gateway.calls[0]!.sent();
    await gateway.clock.advanceAsync(6_000);
    answerCall(0);
    await eventually(() => client.received().includes(answer));
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\nConnection: close\r\n/s);
    await drained;
  });

  it('gives a body up of which nothing came for five seconds', async () => {
    const client = await uploading();
    const drained = server.drain(LONG_MS, 0);
    await gateway.clock.advanceAsync(5_000);
    expect(client.received()).toBe('');
    await gateway.clock.advanceAsync(100);
    await drained;
    await eventually(() => client.isClosed());
    expect(client.received()).toMatch(/^HTTP\/1\.1 503 .*\r\nconnection: close\r\n.*"shutting_down"/s);
    expect(gateway.finished).toMatchObject([{ finish: 'Failed', errorCode: 'shutting_down' }]);
  });

  it('is over at its deadline, however a body comes', async () => {
    const client = await uploading();
    const drained = server.drain(2_000, 500);
    await gateway.clock.advanceAsync(1_999);
    expect(client.received()).toBe('');
    await gateway.clock.advanceAsync(100);
    await drained;
    await eventually(() => client.isClosed());
    expect(client.received()).toMatch(/^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/s);
  });

  it('lets the answers of one connection go one after the other, and closes it with the last', async () => {
    const client = talk((head(body.length) + body).repeat(2));
    await eventually(() => gateway.calls.length === 2);
    const drained = server.drain(LONG_MS, 0);
    await gateway.clock.advanceAsync(2_000);
    answerCall(0);
    answerCall(1);
    await drained;
    await eventually(() => client.isClosed());
    expect(client.received().match(/HTTP\/1\.1 200 OK|Connection: [a-z-]+/g)).toEqual([
      'HTTP/1.1 200 OK',
      'Connection: keep-alive',
      'HTTP/1.1 200 OK',
      'Connection: close',
    ]);
  });

  it('cuts off who has not taken the last words two seconds after the deadline', async () => {
    const { call } = await unread();
    const drained = server.drain(1_000, 500);
    await gateway.clock.advanceAsync(1_000);
    expect(call.isAborted).toBe(true);
    await gateway.clock.advanceAsync(1_999);
    expect(gateway.runtime.running.size).toBe(1);
    await gateway.clock.advanceAsync(1);
    await drained;
    expect(gateway.finished).toMatchObject([{ finish: 'Failed', errorCode: 'shutting_down' }]);
  });
});
