import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  decodeFromControlPlane,
  encodeFromDataPlane,
  STREAM_PATH,
  type FromControlPlane,
  type Hello,
} from '#libs/control-protocol';
import { eventually, eventuallyPasses } from '#libs/testing';
import { smallTable, TestControlPlane } from '../../../test/publication-fixture.js';

const hello: Hello = {
  type: 'hello',
  name: 'raw',
  uid: 'uid',
  instance: 'i',
  schemaVersions: [1],
  software: 'test',
};

/** Clients that don't behave as data planes should. */
describe('the stream endpoint', () => {
  let controlPlane: TestControlPlane;
  const sockets: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await controlPlane.stop();
  });

  async function connect(options: { autoPong?: boolean } = {}) {
    const socket = new WebSocket(new URL(STREAM_PATH, controlPlane.url.replace('https', 'wss')), {
      ca: controlPlane.ca,
      headers: { authorization: 'Bearer data-plane-token' },
      ...options,
    });
    sockets.push(socket);
    const messages: FromControlPlane[] = [];
    socket.on('message', (data: Buffer) => messages.push(decodeFromControlPlane(data)));
    socket.on('error', () => {});
    await once(socket, 'open');
    return { socket, messages, closed: once(socket, 'close') as Promise<[number, Buffer]> };
  }

  it('closes a connection that never says hello', async () => {
    controlPlane = await TestControlPlane.start({ helloWithinMs: 20 });
    const [code, reason] = await (await connect()).closed;
    expect([code, reason.toString()]).toEqual([1008, 'no hello']);
  });

  it.each<[string, (socket: WebSocket) => void]>([
    ['garbage', (socket) => socket.send(Buffer.from('garbage'))],
    ['text', (socket) => socket.send('{"type":"hello"}')],
    [
      'an answer before the hello',
      (socket) => socket.send(encodeFromDataPlane({ type: 'ack', nonce: 1, revision: 1, version: 'a' })),
    ],
    [
      'a second hello',
      (socket) => {
        socket.send(encodeFromDataPlane(hello));
        socket.send(encodeFromDataPlane(hello));
      },
    ],
  ])('closes a connection that sends %s', async (_, misbehave) => {
    controlPlane = await TestControlPlane.start();
    const { socket, closed } = await connect();
    misbehave(socket);
    expect((await closed)[0]).toBe(1002);
  });

  it('closes a connection that sends more than any message may be', async () => {
    controlPlane = await TestControlPlane.start();
    const { socket, closed } = await connect();
    socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect((await closed)[0]).toBe(1009);
  });

  it('turns away a data plane that reads another schema', async () => {
    controlPlane = await TestControlPlane.start();
    const { socket, closed } = await connect();
    socket.send(encodeFromDataPlane({ ...hello, schemaVersions: [99] }));
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([1008, 'this control plane publishes schema version 1']);
  });

  it('sends one publication until that is answered, and ends a connection that answers none', async () => {
    controlPlane = await TestControlPlane.start({ answerWithinMs: 200 });
    const { socket, messages, closed } = await connect();
    socket.send(encodeFromDataPlane(hello));
    controlPlane.publish(smallTable);
    controlPlane.publish(smallTable.slice(0, 3));
    controlPlane.publish(smallTable);
    await closed;
    expect(messages.map(({ type }) => type)).toEqual(['full']);
    await eventuallyPasses(() => expect(controlPlane.heard).toContain('disconnected'));
  });

  it('ignores an answer to what is not in flight', async () => {
    controlPlane = await TestControlPlane.start();
    const { socket, messages } = await connect();
    socket.send(encodeFromDataPlane(hello));
    const version = controlPlane.publish(smallTable);
    await eventually(() => messages.some(({ type }) => type === 'full'));
    socket.send(encodeFromDataPlane({ type: 'ack', nonce: 7, revision: 1, version }));
    socket.send(encodeFromDataPlane({ type: 'nack', nonce: 7, revision: 1, reason: 'stale' }));
    socket.send(encodeFromDataPlane({ type: 'ack', nonce: 1, revision: 1, version }));
    await eventuallyPasses(() => expect(controlPlane.heard).toContain('served 1'));
    expect(controlPlane.heard.filter((line) => /ack/.test(line))).toEqual(['ack full']);
  });

  it('of two connections of one data plane the newer one counts: the other is ended, and takes nothing with it', async () => {
    controlPlane = await TestControlPlane.start();
    const first = await connect();
    first.socket.send(encodeFromDataPlane(hello));
    await eventually(() => controlPlane.heard.length > 0);
    const second = await connect();
    second.socket.send(encodeFromDataPlane(hello));
    await first.closed;
    await eventually(() => controlPlane.heard.length > 1);
    controlPlane.publish(smallTable);
    await eventually(() => second.messages.some(({ type }) => type === 'full'));
    expect(controlPlane.heard).toEqual(['hello raw empty', 'hello raw empty']);
  });

  it('ends a connection whose peer is silent, and keeps one that answers its pings', async () => {
    controlPlane = await TestControlPlane.start({ pingEveryMs: 20 });
    const silent = await connect({ autoPong: false });
    const healthy = await connect();
    let pings = 0;
    healthy.socket.on('ping', () => pings++);
    healthy.socket.send(encodeFromDataPlane(hello));
    await silent.closed;
    await eventually(() => pings > 8);
    expect(healthy.socket.readyState).toBe(WebSocket.OPEN);
  });
});
