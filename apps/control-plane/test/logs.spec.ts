import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { STREAM_PATH } from '#libs/control-protocol';
import { eventually } from '#libs/testing';
import { TestDataPlane } from '../../../test/publication-fixture.js';
import { PROVIDERS, RunningControlPlane } from './running-control-plane.js';

describe('what the log says', () => {
  let controlPlane: RunningControlPlane;
  let planes: TestDataPlane[] = [];

  beforeAll(async () => {
    controlPlane = await RunningControlPlane.start();
  });
  afterEach(async () => {
    await Promise.all(planes.splice(0).map((plane) => plane.stop()));
  });
  afterAll(() => controlPlane.stop());

  const lines = (message: string) => controlPlane.logged.filter(({ msg }) => String(msg).includes(message));
  const digest = (token: string) => `${createHash('sha256').update(token).digest('hex').slice(0, 12)}…`;

  async function startPlane(name: string, uid: string): Promise<TestDataPlane> {
    const { url, caCertificate, tokens } = controlPlane;
    const plane = new TestDataPlane({ url, ca: caCertificate, token: tokens['data-plane'], name, uid });
    planes.push(plane);
    await plane.start();
    return plane;
  }

  async function refusedStream(token: string): Promise<number> {
    const socket = new WebSocket(new URL(STREAM_PATH, controlPlane.url.replace('https', 'wss')), {
      ca: controlPlane.caCertificate,
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    socket.terminate();
    return response.statusCode;
  }

  it('who sends a bad token: one line for many requests, with its digest and without the token', async () => {
    const token = 'canary-31f0b9-bad-token';
    for (let turn = 0; turn < 5; turn++) {
      const headers = { authorization: `Bearer ${token}` };
      expect((await controlPlane.call(PROVIDERS, { as: null, headers })).status).toBe(401);
    }
    expect((await controlPlane.call(PROVIDERS, { as: null })).status).toBe(401);
    const refused = lines('a request was refused').filter(({ tokenSha256 }) => tokenSha256 === digest(token));
    expect(refused).toEqual([
      expect.objectContaining({ level: 'warn', code: 401, sourceAddress: '127.0.0.1', path: PROVIDERS }),
    ]);
    expect(JSON.stringify(controlPlane.logged)).not.toContain('canary-31f0b9');
  });

  it('which data plane was refused, from where, and why', async () => {
    expect(await refusedStream('wrong-token')).toBe(401);
    expect(await refusedStream(controlPlane.tokens.viewer)).toBe(403);
    expect(lines('a request was refused').filter(({ path }) => path === STREAM_PATH)).toEqual([
      expect.objectContaining({ code: 401, sourceAddress: '127.0.0.1', tokenSha256: digest('wrong-token') }),
      expect.objectContaining({ code: 403, sourceAddress: '127.0.0.1', user: 'viewer' }),
    ]);
  });

  it('who was refused what, as the audit holds only what was done', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      stringData: { k: 'canary-31f0b9-value' },
    };
    const path = '/api/v1/namespaces/default/secrets';
    expect((await controlPlane.call(path, { method: 'POST', body, as: 'viewer' })).status).toBe(403);
    expect(lines('refused').filter(({ method, user }) => method === 'POST' && user === 'viewer')).toEqual([
      expect.objectContaining({
        level: 'warn',
        path,
        sourceAddress: '127.0.0.1',
        reason: expect.stringContaining('User "viewer" cannot create resource "secrets"'),
      }),
    ]);
    expect(JSON.stringify(controlPlane.logged)).not.toContain('canary-31f0b9');
  });

  it('when a data plane began to serve a table, and not each time that the log moved on', async () => {
    const plane = await startPlane('serving', 'uid-serving');
    const serves = () => lines('data plane serves a new table').filter(({ dataPlane }) => dataPlane === 'serving');
    await eventually(() => plane.current.current);
    await eventually(() => serves().length === 1);
    const { revision, version } = plane.current.current!;
    await controlPlane.call('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'changes-no-table' } },
    });
    await eventually(() => revision < plane.current.current!.revision);
    expect(serves()).toEqual([expect.objectContaining({ version })]);
  });

  it('that two data planes use one name, in one line that says what to do', async () => {
    const first = await startPlane('twin', 'uid-first');
    await eventually(() => first.current.current);
    await startPlane('twin', 'uid-second');
    await eventually(() => lines('a data plane was turned away').length > 0);
    expect(lines('a data plane was turned away')).toEqual([
      expect.objectContaining({
        dataPlane: 'twin',
        sourceAddress: '127.0.0.1',
        reason: 'another data plane is connected as twin: give each its own SIGNALBOX_DATA_PLANE_NAME',
      }),
    ]);
    expect(first.client.connected).toBe(true);
    expect(lines('sent what cannot be read')).toEqual([]);
  });
});
