import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { createLogger, MetricsRegistry } from '#libs/telemetry';
import { AdminError, type AdminRoute, jsonAnswer } from './admin-route.js';
import { AdminServer } from './admin-server.js';
import { plainRoutes } from './plain-routes.js';
import { Probes } from './probes.js';

const sources = { table: false, connected: false, snapshot: undefined as string | undefined };
const logged: string[] = [];
const logger = createLogger({
  name: 'test',
  level: 'error',
  destination: { write: (line: string) => void logged.push(line) },
});
/** Answers what it was sent. */
const echo: AdminRoute = {
  method: 'POST',
  path: '/echo',
  handle: ({ query, body }) => {
    if (query.has('refuse')) throw new AdminError(400, 'refuse: not that');
    return jsonAnswer({ body: JSON.parse(body.toString()) as unknown });
  },
};
const broken: AdminRoute = {
  method: 'GET',
  path: '/broken',
  handle: () => {
    throw new Error('canary');
  },
};
let probes: Probes;
let server: AdminServer;
let origin: string;

beforeEach(async () => {
  logged.splice(0);
  Object.assign(sources, { table: false, connected: false, snapshot: undefined });
  probes = new Probes({
    hasTable: () => sources.table,
    controlPlaneConnected: () => sources.connected,
    snapshotFailure: () => sources.snapshot,
  });
  const registry = new MetricsRegistry();
  registry.counter('seen_total', 'Seen.').handle().add(3);
  server = new AdminServer([...plainRoutes(registry, probes), echo, broken], logger);
  const { port } = await server.listen('127.0.0.1', 0);
  origin = `http://127.0.0.1:${port}`;
});
afterEach(() => server.close());

const get = async (path: string, init?: RequestInit): Promise<[number, string]> => {
  const response = await fetch(`${origin}${path}`, init);
  return [response.status, await response.text()];
};

it('exposes the metrics as Prometheus wants them', async () => {
  const response = await fetch(`${origin}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toContain('\nseen_total 3\n');
});

it('lives from the first moment, is started once it is wired, ready once it has a table', async () => {
  expect(await get('/livez')).toEqual([200, 'ok']);
  expect((await get('/startupz'))[0]).toBe(503);
  sources.table = true;
  expect((await get('/readyz'))[0]).toBe(503);
  probes.markStarted();
  expect(await get('/startupz')).toEqual([200, 'ok']);
  expect(await get('/readyz')).toEqual([200, 'ok']);
});

it('is not ready without a table, and tells why', async () => {
  probes.markStarted();
  expect(await get('/readyz')).toEqual([
    503,
    '[+]started ok\n' +
      '[-]routing-table failed: none yet, from the disk or the control plane\n' +
      '[+]not-stopping ok\n' +
      '[i]control-plane info: disconnected; the last table serves on\n' +
      '[+]snapshot ok\n' +
      'readyz check failed\n',
  ]);
});

it('stays ready while the control plane is away, and shows it', async () => {
  probes.markStarted();
  sources.table = true;
  sources.connected = true;
  expect(await get('/readyz?verbose')).toEqual([
    200,
    '[+]started ok\n[+]routing-table ok\n[+]not-stopping ok\n[+]control-plane ok\n[+]snapshot ok\nreadyz check passed\n',
  ]);
  sources.connected = false;
  const [status, body] = await get('/readyz?verbose');
  expect(status).toBe(200);
  expect(body).toContain('[i]control-plane info: disconnected');
});

it('stays ready while the snapshot cannot be written, and shows why', async () => {
  probes.markStarted();
  sources.table = true;
  sources.snapshot = 'ENOSPC: no space left on device';
  expect(await get('/readyz')).toEqual([200, 'ok']);
  expect((await get('/readyz?verbose'))[1]).toContain(
    '[i]snapshot info: ENOSPC: no space left on device; a restart would serve an older table\n',
  );
});

it('is unready, and alive, while it drains', async () => {
  probes.markStarted();
  sources.table = true;
  probes.markStopping();
  expect((await get('/readyz'))[1]).toContain('[-]not-stopping failed: draining');
  expect((await get('/livez'))[0]).toBe(200);
});

it('knows no other path and no other method', async () => {
  expect((await get('/'))[0]).toBe(404);
  expect((await get('/metricsx'))[0]).toBe(404);
  expect((await get('/metrics', { method: 'POST' }))[0]).toBe(405);
  expect(await get('/readyz', { method: 'HEAD' })).toEqual([503, '']);
});

const post = (path: string, body: string, type = 'application/json'): Promise<[number, string]> =>
  get(path, { method: 'POST', body, headers: { 'content-type': type } });

it('hands a body over whole, and says why one is refused', async () => {
  expect(await post('/echo', '{"a": 1}')).toEqual([200, '{"body":{"a":1}}\n']);
  expect(await post('/echo?refuse', '{}')).toEqual([400, 'refuse: not that\n']);
  expect((await get('/echo'))[0]).toBe(405);
});

it('takes JSON alone, which no web page sends to another origin unasked', async () => {
  expect(await post('/echo', '{}', 'text/plain')).toEqual([
    415,
    'the body must be JSON: send content-type: application/json\n',
  ]);
});

it('reads no more of a body than it takes', async () => {
  const { hostname, port } = new URL(origin);
  const sending = request({
    hostname,
    port,
    path: '/echo',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sending.on('error', () => {});
  const answered = once(sending, 'response');
  // It goes on and on: only an answer before the end ends it.
  const piece = Buffer.alloc(64 * 1024, 'x');
  const go = () => void sending.write(piece, () => !sending.destroyed && setImmediate(go));
  go();
  const [response] = (await answered) as [IncomingMessage];
  sending.destroy();
  // The rest is not waited for, nor taken for another request.
  expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
});

it('takes a client that leaves amid its body for no defect', async () => {
  const { hostname, port } = new URL(origin);
  const headers = { 'content-type': 'application/json', 'content-length': '100' };
  const sending = request({ hostname, port, path: '/echo', method: 'POST', headers });
  sending.on('error', () => {});
  const arrived = once(server['server'], 'request') as Promise<[IncomingMessage, ServerResponse]>;
  sending.write('{"a');
  const [, response] = await arrived;
  sending.destroy();
  await once(response, 'close');
  await new Promise(setImmediate);
  expect(logged).toEqual([]);
});

it('closes also while it answers', async () => {
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const silent: AdminRoute = {
    method: 'GET',
    path: '/silent',
    handle: () => {
      isAsked();
      return new Promise(() => {});
    },
  };
  const other = new AdminServer([silent], logger);
  const { port } = await other.listen('127.0.0.1', 0);
  const answer = fetch(`http://127.0.0.1:${port}/silent`).catch(() => 'cut');
  await asked;
  await other.close();
  expect(await answer).toBe('cut');
});

it('logs a defect, and keeps its words', async () => {
  expect(await get('/broken')).toEqual([500, 'failed by a defect; the log has the cause\n']);
  expect(logged.join('')).toContain('canary');
});

it('rejects where the address is taken', async () => {
  const other = new AdminServer([], logger);
  await expect(other.listen('127.0.0.1', Number(new URL(origin).port))).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
