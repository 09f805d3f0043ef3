import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { exitCodes } from '../cli-error.js';
import { runCommand } from '../testing/run-command.js';

const section = (items: object[] = [], total = items.length) => ({ total, items });
const state = {
  dataPlane: 'edge-1',
  table: { revision: 34, version: 'de54e7f9b21c0000' },
  controlPlane: { connected: true },
  requests: { inFlight: 3 },
  breakers: section(
    [
      {
        breaker: 'default/alpha/m',
        phase: 'Open',
        since: 'S',
        until: 'U',
        openings: 1,
        cause: 'Network',
        code: 'ECONNREFUSED',
      },
    ],
    40,
  ),
  cooldowns: section([
    { key: 'default/alpha/first', credential: 'default/keys/first', cause: 'Auth', until: null },
    { key: 'default/alpha/third', credential: 'default/keys/third', cause: 'QuotaExhausted', onTrial: true },
    { key: 'default/alpha/fourth', credential: 'default/keys/fourth', cause: 'RateLimited', until: 'U', onTrial: true },
  ]),
  backends: section([
    { backend: 'default/alpha/m', provider: 'default/acme', inFlight: 2 },
    { backend: 'default/idle/m', provider: 'default/acme', inFlight: 0 },
  ]),
  keys: section(
    [
      { quotaGroup: 'default/alpha/first', inFlight: 2 },
      { quotaGroup: 'default/alpha/second', inFlight: 0 },
    ],
    50,
  ),
  connections: section(),
  queues: section([{ for: 'default/alpha', waiting: 5 }]),
  consumers: section([{ consumer: 'default/demo', inFlight: 3 }]),
};

let server: Server;
let origin: string;
let asked: string[];
let answer: { status: number; body: string };
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: JSON.stringify(state) };
});
afterAll(() => server.close());

const signalbox = (args: string[], environment: Record<string, string> = { SIGNALBOX_DATA_PLANE_ADMIN_URL: origin }) =>
  runCommand(args, tmpdir(), environment);

test('tables of what is worth a line, and of how much there is besides', async () => {
  const { code, out } = await signalbox(['state']);
  expect(code).toBe(exitCodes.ok);
  expect(out).toMatch(/^edge-1 +34 +de54e7f9b21c +connected +3$/m);
  expect(out).toMatch(/^BREAKER +PHASE +SINCE +UNTIL +CAUSE +CODE$/m);
  expect(out).toMatch(/^default\/alpha\/m +Open +S +U +Network +ECONNREFUSED$/m);
  expect(out).toContain('... and 39 more; see --limit and --provider');
  expect(out).toMatch(/^default\/alpha\/first +<none> +Auth +its value changes$/m);
  expect(out).toMatch(/^default\/alpha\/third +<none> +QuotaExhausted +a request succeeds$/m);
  expect(out).toMatch(/^default\/alpha\/fourth +<none> +RateLimited +U$/m);
  expect(out).toMatch(/^BACKEND +PROVIDER +IN FLIGHT$/m);
  expect(out).toMatch(/^default\/alpha\/m +default\/acme +2$/m);
  expect(out).not.toContain('default/idle');
  expect(out).toMatch(/^QUOTA GROUP +IN FLIGHT$/m);
  expect(out).not.toContain('default/alpha/second');
  // Of 50, those in use come first, and one that isn't was among these.
  expect(out).not.toContain('and 48 more');
  expect(out).not.toContain('TARGET');
  expect(out).toMatch(/^default\/alpha +5$/m);
});

test('closed breakers are no lines, and none of many closed ones is missing', async () => {
  const closed = { breaker: 'default/beta/m', phase: 'Closed', results: 3, failures: 0 };
  const breakers = section([state.breakers.items[0]!, closed], 40);
  answer = { status: 200, body: JSON.stringify({ ...state, breakers }) };
  const { out } = await signalbox(['state']);
  expect(out).toMatch(/^default\/alpha\/m +Open/m);
  expect(out).not.toContain('default/beta/m');
  expect(out).not.toContain('more; see');
});

test('a data plane of before, which shows no backends, is shown with what it has', async () => {
  answer = { status: 200, body: JSON.stringify({ ...state, backends: undefined }) };
  const { code, out } = await signalbox(['state']);
  expect([code, out]).toEqual([exitCodes.ok, expect.not.stringContaining('PROVIDER')]);
  expect(out).toMatch(/^QUOTA GROUP/m);
});

test('filters go along, -o json is the whole answer, and --data-plane names another one', async () => {
  const args = ['state', '--provider', 'alpha', '--limit', '7', '-o', 'json', '--data-plane', origin];
  const { out } = await signalbox(args, {});
  expect(asked).toEqual(['GET /state?provider=alpha&limit=7']);
  expect(JSON.parse(out)).toEqual(state);
});

test('a provider of which nothing is remembered may be a mistake: it says so, beside the tables', async () => {
  const none = { ...state, breakers: section(), cooldowns: section(), keys: section(), queues: section() };
  answer.body = JSON.stringify(none);
  const { code, out, error } = await signalbox(['state', '--provider', 'alhpa']);
  expect([code, out.split('\n').length > 2]).toEqual([exitCodes.ok, true]);
  expect(error).toContain('edge-1 remembers nothing of a provider alhpa. `signalbox get providers -A`');
  expect((await signalbox(['state'])).error).toBe('');
  answer.body = JSON.stringify({ ...none, queues: section([{ for: 'default/alpha', waiting: 5 }]) });
  expect((await signalbox(['state', '--provider', 'alpha'])).error).toBe('');
});

test.each([
  [{ status: 404, body: 'not found' }, 'it is no admin listener of a data plane'],
  [{ status: 200, body: '<html>' }, 'it is no admin listener of a data plane'],
  [{ status: 400, body: 'limit: must be a whole number\n' }, 'limit: must be a whole number'],
])('an answer that is none: %j', async (given, message) => {
  answer = given;
  const { code, error } = await signalbox(['state']);
  expect([code, error]).toEqual([exitCodes.failure, expect.stringContaining(message)]);
});

test('without an address, or with a name in place of one, it says how to give it', async () => {
  const without = await signalbox(['state'], { SIGNALBOX_STATE_DIR: '/nowhere' });
  expect([without.code, without.error]).toEqual([
    exitCodes.usage,
    expect.stringContaining('--data-plane http://HOST:7073'),
  ]);
  const named = await signalbox(['state', '--data-plane', 'edge-1']);
  expect([named.code, named.error]).toEqual([exitCodes.usage, expect.stringContaining('not "edge-1"')]);
});

test('nobody there', async () => {
  const { code, error } = await signalbox(['state', '--data-plane', 'http://127.0.0.1:1']);
  expect([code, error]).toEqual([exitCodes.failure, expect.stringContaining("Can't reach http://127.0.0.1:1")]);
});
