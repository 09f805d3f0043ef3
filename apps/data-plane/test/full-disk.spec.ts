import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, eventually, eventuallyPasses, freePorts, ManagedProcess } from '#libs/testing';
import { SnapshotFiles } from '../src/table/snapshot-files.js';
import { StateKeys } from '../src/table/state-keys.js';
import { smallTable, TestControlPlane } from '../../../test/publication-fixture.js';
import { SmallDisk } from './support/small-disk.js';

let directory: string;
let disk: SmallDisk;
let controlPlane: TestControlPlane;
let plane: ManagedProcess;
let admin: number;
const stateKey = randomBytes(32).toString('base64');

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'full-disk-'));
  disk = SmallDisk.make(join(directory, 'state'), 'data-plane');
  controlPlane = await TestControlPlane.start();
  controlPlane.secrets.set('default/keys/k', { version: 'v1', value: 'canary-value' });
  writeFileSync(join(directory, 'token'), 'data-plane-token');
  writeFileSync(join(directory, 'state.key'), stateKey);
  writeFileSync(join(directory, 'ca.crt'), controlPlane.ca);
  const [data = 0, adminPort = 0] = await freePorts(2);
  admin = adminPort;
  plane = new ManagedProcess(
    'data-plane',
    [process.execPath, join(checkout, 'dist/apps/data-plane/src/main.js')],
    {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlane.url,
      SIGNALBOX_CA_FILE: join(directory, 'ca.crt'),
      SIGNALBOX_TOKEN_FILE: join(directory, 'token'),
      SIGNALBOX_DATA_PLANE_NAME: 'plane',
      SIGNALBOX_STATE_KEY_FILE: join(directory, 'state.key'),
      SIGNALBOX_STATE_DIR: disk.path,
      SIGNALBOX_DATA_PORT: String(data),
      SIGNALBOX_DATA_ADMIN_PORT: String(admin),
    },
    directory,
  );
});
afterEach(async () => {
  await plane.end('SIGKILL');
  await controlPlane.stop();
  disk.remove();
  rmSync(directory, { recursive: true, force: true });
});

const page = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${admin}${path}`)).text();
const logged = (message: string) =>
  plane.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => String(msg).includes(message));
const failingSeconds = async () =>
  Number(/^signalbox_snapshot_failing_seconds (\S+)$/m.exec(await page('/metrics'))?.[1]);
/** Versions on the disk, newest first. */
async function versionsOnDisk(): Promise<string[]> {
  const versions: string[] = [];
  const files = new SnapshotFiles(join(disk.path, 'data-plane'), new StateKeys(stateKey));
  for await (const { snapshot } of files.load(() => {})) versions.push(snapshot.version);
  return versions;
}

it('shows that its disk is full, serves on, and writes once there is room', async () => {
  const first = controlPlane.publish(smallTable);
  plane.start();
  await eventually(async () => (await versionsOnDisk()).length === 1);
  expect(await page('/readyz?verbose')).toContain('[+]snapshot ok');
  expect(await failingSeconds()).toBe(0);

  disk.fill();
  const second = controlPlane.publish(smallTable.slice(0, -1));
  await eventuallyPasses(async () =>
    expect(await page('/readyz?verbose')).toContain(
      `[i]snapshot info: ${disk.refusal}; a restart would serve an older`,
    ),
  );
  expect(await page('/readyz')).toBe('ok');
  expect(await failingSeconds()).toBeGreaterThan(0);
  await eventuallyPasses(() => expect(controlPlane.heard).toContain(`snapshot ${disk.refusal}`));
  expect(logged('the snapshot cannot be written')).toMatchObject([{ level: 'error', reason: disk.refusal }]);
  expect(logged('serving a new table')).toMatchObject([{ version: first }, { version: second, removals: 1 }]);

  disk.makeRoom();
  await eventually(async () => (await versionsOnDisk())[0] === second);
  await eventuallyPasses(async () => expect(await page('/readyz?verbose')).toContain('[+]snapshot ok'));
  expect(await failingSeconds()).toBe(0);
  await eventuallyPasses(() => expect(controlPlane.heard.at(-1)).toBe('snapshot ok'));
  expect(logged('the snapshot cannot be written')).toHaveLength(1);
  expect(logged('the snapshot is written again')).toHaveLength(1);
  expect(readdirSync(join(disk.path, 'data-plane')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(plane.output).not.toContain('canary-value');
});

it('starts on a full disk, and keeps what it serves when it stops, if there is room by then', async () => {
  const version = controlPlane.publish(smallTable);
  if (disk.refusal.startsWith('ENOSPC')) disk.fill();
  plane.start();
  await eventuallyPasses(() => expect(controlPlane.heard).toContain('ack full'));
  disk.fill();
  await eventuallyPasses(() => expect(controlPlane.heard).toContain(`snapshot ${disk.refusal}`));
  disk.makeRoom();
  expect(await plane.end('SIGTERM')).toBe(0);
  expect(await versionsOnDisk()).toEqual([version]);
});
