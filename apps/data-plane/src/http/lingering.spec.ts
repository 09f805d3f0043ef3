import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '#libs/testing';
import { answerAndLinger } from './lingering.js';

const ANSWER = 'HTTP/1.1 431 x\r\n\r\n';
let server: Server;
let accepted: Promise<Socket>;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  server = createServer({ allowHalfOpen: true });
  accepted = once(server, 'connection').then(([socket]) => {
    (socket as Socket).on('error', () => {});
    return socket as Socket;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** A client that keeps its side open. */
async function open(): Promise<{ client: Socket; socket: Socket; received: () => string; errors: string[] }> {
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  const errors: string[] = [];
  client.on('data', (data) => {
    text += data.toString();
  });
  client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
  return { client, socket: await accepted, received: () => text, errors };
}

it('a client that is still sending reads the answer, and no reset', async () => {
  const { client, socket, received, errors } = await open();
  // As node does with a client whose answers wait.
  socket.pause();
  client.write('x'.repeat(1024 * 1024));
  answerAndLinger(socket, ANSWER, clock);
  await once(client, 'end');
  client.end('y'.repeat(1024 * 1024));
  await once(socket, 'close');
  expect(received()).toBe(ANSWER);
  expect(errors).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

it('what the parser would hear goes to nobody', async () => {
  const { client, socket } = await open();
  const heard: string[] = [];
  socket.on('data', () => heard.push('data'));
  socket.on('end', () => heard.push('end'));
  answerAndLinger(socket, ANSWER, clock);
  client.end('more');
  await once(socket, 'close');
  expect(heard).toEqual([]);
});

it('a client that neither sends nor closes is left after two seconds', async () => {
  const { client, socket } = await open();
  answerAndLinger(socket, ANSWER, clock);
  await once(client, 'end');
  clock.advance(1_999);
  expect(socket.destroyed).toBe(false);
  clock.advance(1);
  expect(socket.destroyed).toBe(true);
  client.destroy();
});

it('a client that never stops sending is cut off', async () => {
  const { client, socket } = await open();
  answerAndLinger(socket, ANSWER, clock);
  const piece = 'x'.repeat(64 * 1024);
  const more = (): void => {
    while (!client.destroyed && client.write(piece));
  };
  client.on('drain', more);
  more();
  await new Promise((resolve) => client.once('close', resolve));
  expect(socket.bytesRead).toBeLessThan(8 * 1024 * 1024);
});
