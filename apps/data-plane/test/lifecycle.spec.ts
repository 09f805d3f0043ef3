import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, eventually, freePorts, ManagedProcess } from '#libs/testing';

let directory: string;
let running: ManagedProcess | undefined;
let ports: { data: number; admin: number };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'data-plane-'));
  const [data = 0, admin = 0, nobody = 0] = await freePorts(3);
  ports = { data, admin };
  writeFileSync(join(directory, 'token'), `sbt_${randomBytes(16).toString('hex')}`);
  writeFileSync(join(directory, 'state.key'), randomBytes(32).toString('base64'));
  running = dataPlane({ SIGNALBOX_CONTROL_PLANE_URL: `https://127.0.0.1:${nobody}` });
});
afterEach(async () => {
  await running?.end('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function dataPlane(environment: Record<string, string>): ManagedProcess {
  return new ManagedProcess(
    'data-plane',
    [process.execPath, join(checkout, 'dist/apps/data-plane/src/main.js')],
    {
      SIGNALBOX_DATA_PORT: String(ports.data),
      SIGNALBOX_DATA_ADMIN_PORT: String(ports.admin),
      SIGNALBOX_TOKEN_FILE: join(directory, 'token'),
      SIGNALBOX_STATE_KEY_FILE: join(directory, 'state.key'),
      SIGNALBOX_STATE_DIR: directory,
      SIGNALBOX_DRAIN_TIMEOUT: '30s',
      ...environment,
    },
    directory,
  );
}

const status = async (port: number, path: string): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await response.arrayBuffer();
  return response.status;
};
const startedUp = () => running!.untilReady(async () => (await status(ports.admin, '/startupz')) === 200);

it('without table and control plane it lives, is not ready, and ends with 0 on SIGTERM', async () => {
  running!.start();
  await startedUp();
  for (const port of [ports.data, ports.admin]) {
    expect([port, await status(port, '/livez'), await status(port, '/readyz')]).toEqual([port, 200, 503]);
  }
  expect(await running!.end('SIGTERM')).toBe(0);
  const messages = running!.output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  // Between them an attempt to connect may fail, or not.
  expect(messages.filter((message) => ['stopping', 'stopped'].includes(message))).toEqual(['stopping', 'stopped']);
  expect(messages.at(-1)).toBe('stopped');
});

it('drains on the first signal, unready on the admin listener, and exits at once on the second', async () => {
  running!.start();
  await startedUp();
  const halfSent = connect(ports.data, '127.0.0.1');
  halfSent.on('error', () => undefined);
  // The answer to the first request says that the second has begun to arrive, too: for the rest of it a drain waits a little.
  halfSent.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\nPOST /nothing HTTP/1.1\r\nhost: x\r\n');
  const [answer] = (await once(halfSent, 'data')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  process.kill(running!.pid, 'SIGTERM');
  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${ports.admin}/readyz?verbose`);
    return (await response.text()).includes('[-]not-stopping failed: draining');
  });
  expect(await running!.end('SIGTERM')).toBe(143);
  halfSent.destroy();
});

it('ends with 1 and names every bad variable, or the file that can not be read', async () => {
  running = dataPlane({ SIGNALBOX_TOKEN_FILE: '', SIGNALBOX_TRACE_RATIO: 'canary-value' });
  running.start();
  expect(await running.untilEnded()).toBe(1);
  expect(running.output).toMatch(/SIGNALBOX_TOKEN_FILE is missing/);
  expect(running.output).toMatch(/SIGNALBOX_TRACE_RATIO must be a number from 0 to 1/);
  expect(running.output).not.toContain('canary-value');

  rmSync(join(directory, 'state.key'));
  running = dataPlane({});
  running.start();
  expect(await running.untilEnded()).toBe(1);
  expect(running.output).toMatch(/SIGNALBOX_STATE_KEY_FILE: .*state\.key cannot be read \(ENOENT\)/);
});
