import { jest } from '@jest/globals';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { eventually, eventuallyPasses } from '#libs/testing';
import { Gateway } from './support/gateway.js';
import { chunk, roleChunk, ScriptedUpstream, stopChunk, doneEvent, chatAnswer } from './support/scripted-upstream.js';

let upstream: ScriptedUpstream;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await ScriptedUpstream.start();
  gateway = await Gateway.start({ providers: [{ name: 'alpha', baseURL: upstream.baseURL }] });
});
afterEach(async () => {
  await gateway.transport.close();
  await upstream.stop();
});

it('running requests end well, their connections close, and new ones are refused', async () => {
  let finish = (): void => {};
  upstream.answers({
    type: 'drive',
    run: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(roleChunk + chunk({ content: 'first' }));
      finish = () => response.end(stopChunk + doneEvent);
    },
  });
  const running = gateway.chat({ stream: true });
  await eventually(() => upstream.calls.length === 1);
  const drained = gateway.server.drain(10_000, 100);
  // Taken while clients are still leaving, and told to leave.
  upstream.answers(chatAnswer('late'));
  const late = await gateway.chat();
  expect([late.status, late.headers.connection]).toEqual([200, 'close']);
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(gateway.server.address.port, '127.0.0.1');
        socket.on('connect', () => socket.destroy(new Error('accepted')));
        socket.on('error', (error) => resolve(error.message !== 'accepted'));
      }),
  );
  finish();
  expect((await running).body.endsWith(doneEvent)).toBe(true);
  await drained;
});

it('does not wait for a connection that a finished answer left open', async () => {
  let finish = (): void => {};
  upstream.answers({
    type: 'drive',
    run: (response) => {
      finish = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}');
    },
  });
  const agent = new Agent({ keepAlive: true });
  const running = gateway.chat({}, {}, agent);
  await eventually(() => upstream.calls.length === 1);
  const drained = gateway.server.drain(600_000, 0);
  finish();
  expect((await running).status).toBe(200);
  await drained;
  agent.destroy();
});

it('at the deadline open streams get an error event, plain requests an error', async () => {
  upstream.answers((call) =>
    call.body.includes('"stream":true')
      ? { type: 'chunks', chunks: [roleChunk, chunk({ content: 'first' })], ending: 'Hang' }
      : { type: 'hang' },
  );
  const stream = gateway.chat({ stream: true });
  const plain = gateway.chat();
  await eventually(() => upstream.calls.length === 2 && gateway.records.length === 0);
  await eventually(() => [...gateway.runtime.running].some((exchange) => exchange.record.firstTokenMs > 0));
  await gateway.server.drain(50);
  const { status, body } = await stream;
  expect(status).toBe(200);
  expect(body).toContain('first');
  expect(body).not.toContain('[DONE]');
  expect(body).toContain('"code":"shutting_down"');
  const refused = await plain;
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBe('1');
  expect(refused.headers.connection).toBe('close');
  expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 });
});

it('what one request runs into at the deadline is that request alone', async () => {
  upstream.answers({ type: 'hang' });
  const replies = [gateway.chat(), gateway.chat()];
  await eventually(() => upstream.calls.length === 2);
  const first = Array.from(gateway.runtime.running)[0];
  jest.spyOn(first!, 'fail').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  await gateway.server.drain(50);
  const codes = (await Promise.all(replies)).map(({ body }) => JSON.parse(body).error.code);
  expect(new Set(codes)).toEqual(new Set(['internal_error', 'shutting_down']));
});

it('does not wait for a connection on which nothing was ever sent', async () => {
  const socket = connect(gateway.server.address.port, '127.0.0.1');
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  // An answer on a later connection: the server has seen the first.
  await gateway.get('/livez');
  await gateway.server.drain(600_000, 0);
  await closed;
});

it('a swap takes nothing from a running request: a key deleted in use, a provider gone', async () => {
  const other = await ScriptedUpstream.start();
  other.answers(chatAnswer('from other'));
  upstream.answers({
    type: 'drive',
    run: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(roleChunk + chunk({ content: 'first' }));
      void gateway.serve({ providers: [{ name: 'other', baseURL: other.baseURL }] }).then(() => {
        gateway.credentials.revoke('default/alpha/key-0');
        response.end(chunk({ content: 'second' }) + stopChunk + doneEvent);
      });
    },
  });
  const reply = await gateway.chat({ stream: true });
  expect(reply.body).toContain('second');
  expect(reply.body.endsWith(doneEvent)).toBe(true);
  const next = await gateway.chat();
  expect(next.headers['x-signalbox-backend']).toBe('default/other/m');
  await eventuallyPasses(() => expect([...gateway.runtime.tables.live]).toHaveLength(1));
  await gateway.stop();
  await other.stop();
});
