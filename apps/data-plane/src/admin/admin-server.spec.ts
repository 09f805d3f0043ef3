import { MetricsRegistry } from '#libs/telemetry';
import { AdminServer } from './admin-server.js';
import { Probes } from './probes.js';

const sources = { table: false, connected: false, snapshot: undefined as string | undefined };
let probes: Probes;
let server: AdminServer;
let origin: string;

beforeEach(async () => {
  Object.assign(sources, { table: false, connected: false, snapshot: undefined });
  probes = new Probes({
    hasTable: () => sources.table,
    controlPlaneConnected: () => sources.connected,
    snapshotFailure: () => sources.snapshot,
  });
  const registry = new MetricsRegistry();
  registry.counter('seen_total', 'Seen.').handle().add(3);
  server = new AdminServer(registry, probes);
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

it('rejects where the address is taken', async () => {
  const other = new AdminServer(new MetricsRegistry(), probes);
  await expect(other.listen('127.0.0.1', Number(new URL(origin).port))).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
