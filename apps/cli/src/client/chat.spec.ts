import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chat, listModels } from './chat.js';
import type { DataPlaneConnection } from './connection.js';

let server: Server;
let answer: { status: number; headers?: Record<string, string>; pieces: string[]; cut?: boolean };
let connection: DataPlaneConnection;
let seen: { authorization: string | undefined; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen = { authorization: request.headers.authorization, body };
      response.writeHead(answer.status, answer.headers);
      for (const piece of answer.pieces) response.write(piece);
      if (answer.cut) setImmediate(() => response.destroy());
      else response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  connection = { dataPlaneUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'sbx_key' };
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function ask(stream: boolean): Promise<{ text: string; routing: object }> {
  const { text, routing } = await chat(connection, { model: 'chat', prompt: 'hello', stream });
  let whole = '';
  for await (const piece of text) whole += piece;
  return { text: whole, routing };
}

const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

test('a whole answer, with how it was routed', async () => {
  answer = {
    status: 200,
    headers: { 'x-signalbox-trace-id': 'abc', 'x-signalbox-backend': 'alpha', 'x-signalbox-attempts': '2' },
    pieces: [JSON.stringify({ choices: [{ message: { content: 'hi' } }] })],
  };
  expect(await ask(false)).toEqual({
    text: 'hi',
    routing: { traceId: 'abc', backend: 'alpha', attempts: '2', key: '', revision: '', route: '' },
  });
  expect(seen.authorization).toBe('Bearer sbx_key');
  expect(JSON.parse(seen.body)).toMatchObject({ model: 'chat', stream: false });
});

test('a stream, wherever its bytes are divided', async () => {
  const whole = `: comment\n\n${event('Grüß')}${event(' Gott')}data: [DONE]\n\n`;
  answer = { status: 200, pieces: whole.split(/(?<=.{7})/s) };
  expect((await ask(true)).text).toBe('Grüß Gott');
});

test('a stream without its end marker is an error, not an answer', async () => {
  answer = { status: 200, pieces: [event('half')] };
  await expect(ask(true)).rejects.toThrow(/ended before the answer did/);
});

test('a connection that breaks is an error', async () => {
  answer = { status: 200, pieces: [event('half')], cut: true };
  await expect(ask(true)).rejects.toThrow();
});

test('an error within the stream is raised', async () => {
  answer = { status: 200, pieces: [event('half'), 'data: {"error":{"code":"upstream_cut","message":"gone"}}\n\n'] };
  await expect(ask(true)).rejects.toThrow('Refused (upstream_cut): gone');
});

test.each([
  ['{"error":{"code":"model_not_found","message":"no such model"}}', 'Refused (model_not_found): no such model'],
  ['<html>', 'Refused (HTTP 404): HTTP 404'],
])('a refusal %s', async (body, message) => {
  answer = { status: 404, pieces: [body], headers: { 'x-signalbox-trace-id': 'abc' } };
  await expect(ask(false)).rejects.toThrow(`${message} (trace abc)`);
});

test('a refusal comes with what to do about it', async () => {
  answer = {
    status: 429,
    pieces: ['{"error":{"code":"keys_exhausted","message":"none","remedy":"Wait as \\u001blong"}}'],
  };
  await expect(ask(false)).rejects.toMatchObject({ hints: [expect.stringMatching(/^Wait as .*long$/)] });
});

test('the models a key may ask for', async () => {
  answer = { status: 200, pieces: ['{"data":[{"id":"chat"},{"id":"gpt-4"}]}'] };
  expect(await listModels(connection)).toEqual(['chat', 'gpt-4']);
});
