import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { exitCodes } from '../cli-error.js';
import { runCommand } from '../testing/run-command.js';

const explanation = {
  table: { revision: 34, version: 'de54e7f9b21c0000' },
  seed: 42,
  consumer: 'default/demo',
  model: 'chat',
  stream: true,
  route: 'default/chat',
  rule: 'main',
  candidates: [
    { backend: 'default/alpha/m', priority: 0, weight: 1, verdict: 'BreakerOpen', until: 'T' },
    { backend: 'default/beta/m', after: ['RateLimited'], verdict: 'Drained' },
  ],
  steps: [
    {
      type: 'Attempt',
      atMs: 0,
      number: 1,
      backend: 'default/gamma/m',
      key: 'k',
      step: 'First',
      outcome: { outcome: 'ServerError', tookMs: 300 },
      passedOver: [{ backend: 'default/alpha/m', reason: 'BreakerOpen', until: 'T' }],
    },
    { type: 'Wait', atMs: 300, ms: 200, for: 'Backoff' },
    { type: 'Refused', atMs: 500, backend: 'default/gamma/m', key: 'k', reason: 'NoCredential' },
    { type: 'Stop', atMs: 500, code: 'retries_exhausted' },
  ],
  end: { type: 'Error', status: 502, code: 'upstream_error', message: 'The upstream failed.' },
};

let server: Server;
let folder: string;
let environment: Record<string, string>;
let asked: unknown[];
let answer: object;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-explain-'));
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push([request.method, request.url, request.headers['content-type'], JSON.parse(body)]);
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  environment = { SIGNALBOX_DATA_PLANE_ADMIN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
beforeEach(() => {
  asked = [];
  answer = explanation;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const signalbox = (args: string[], stdin = '') => runCommand(args, folder, environment, { stdin });
const question = { consumer: 'default/demo', body: { model: 'chat' }, outcomes: ['RateLimited'] };

test('a question in YAML is sent as JSON, and the answer reads from top to bottom', async () => {
  writeFileSync(
    join(folder, 'question.yaml'),
    'consumer: default/demo\nbody: {model: chat}\noutcomes: [RateLimited]\n',
  );
  const { code, out } = await signalbox(['explain', '-f', 'question.yaml']);
  expect(asked).toEqual([['POST', '/explain', 'application/json', question]]);
  expect(code).toBe(exitCodes.ok);
  for (const line of [
    /^table +revision 34, version de54e7f9b21c$/m,
    /^model +chat, streamed$/m,
    /^default\/alpha\/m +<none> +0 +1 +BreakerOpen +T$/m,
    /^default\/beta\/m +RateLimited +<none> +<none> +Drained/m,
    /^0 ms +passed over +default\/alpha\/m +BreakerOpen until T$/m,
    /^0 ms +attempt 1 +default\/gamma\/m, key k +First; say ServerError after 300 ms$/m,
    /^300 ms +wait +200 ms +Backoff$/m,
    /^500 ms +refused +default\/gamma\/m, key k +NoCredential$/m,
    /^500 ms +stop +<none> +retries_exhausted$/m,
    /^The client gets 502 upstream_error: The upstream failed\.$/m,
  ]) {
    expect(out).toMatch(line);
  }
});

test('a question from standard input, and the whole answer', async () => {
  const { out } = await signalbox(['explain', '-f', '-', '-o', 'json'], JSON.stringify(question));
  expect(asked).toHaveLength(1);
  expect(JSON.parse(out)).toEqual(explanation);
});

test('a request that is refused before it is routed, and one that is answered', async () => {
  const { candidates: _candidates, steps: _steps, ...refused } = explanation;
  answer = refused;
  expect((await signalbox(['explain', '-f', '-'], '{}')).out).toContain('The client gets 502');
  answer = { ...explanation, steps: [{ type: 'Answered', atMs: 5, number: 2 }], end: { type: 'Answer', attempt: 2 } };
  const { out } = await signalbox(['explain', '-f', '-'], '{}');
  expect(out).toMatch(/^5 ms +answered +<none> +by attempt 2$/m);
  expect(out).toContain('The client gets the answer of attempt 2.');
});

test.each([
  [['-f', 'none.yaml'], '', /Can't read none.yaml: there is no such file/],
  [['-f', '-'], 'a: [', /- can't be read: /],
  [['-f', '-'], 'a: 1\n---\nb: 1\n', /must hold one question, it holds 2/],
  [[], '', /-f, --filename/],
])('refuses %j', async (args, stdin, message) => {
  const { code, error } = await signalbox(['explain', ...args], stdin);
  expect([code, message.test(error)]).toEqual([exitCodes.usage, true]);
  expect(asked).toEqual([]);
});
