import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, documents, providerManifest, routeManifest, Stack } from '#libs/testing';
import { adminEnvironment, runSignalbox } from './support/run-signalbox.js';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase() });
  await stack.admin.apply(
    documents(providerManifest('alpha', stack.simulatorOrigin, ['sim-a', 'sim-b']), routeManifest({ alpha: 1 })),
  );
});
afterAll(() => stack?.stop());

const signalbox = (environment: Record<string, string>, ...args: string[]) => runSignalbox(args, environment, '/');
const elsewhere = () => adminEnvironment(stack);
const lines = (): string[] => readFileSync(join(stack.directory, 'master.key'), 'utf8').trim().split('\n');

it('shows what is encrypted under which key, and how to rotate where the files are elsewhere', async () => {
  const status = await signalbox(elsewhere(), 'keys', 'status');
  expect(status.code).toBe(0);
  expect(status.output).toMatch(/^[0-9a-f]{16} +encrypts +\d+ +\d+ +1 of 1$/m);
  expect(status.output).toMatch(/^Everything is encrypted under [0-9a-f]{16}\.$/m);
  const rotate = await signalbox(elsewhere(), 'keys', 'rotate');
  expect(rotate.code).toBe(0);
  expect(rotate.output).toContain('openssl rand -base64 32');
  expect(rotate.output).toContain('SIGNALBOX_MASTER_KEY_FILE');
  expect(lines()).toHaveLength(1);
});

it('is for admins', async () => {
  const viewer = { ...elsewhere(), SIGNALBOX_TOKEN_FILE: stack.tokenFiles.viewer };
  expect(await signalbox(viewer, 'keys', 'status')).toMatchObject({
    code: 1,
    output: expect.stringContaining('Forbidden'),
  });
});

it('goes all the way on the file of the embedded mode, and a restart reads everything', async () => {
  // What `signalbox up` leaves behind for the commands.
  writeFileSync(join(stack.directory, 'endpoints.json'), JSON.stringify({ controlPlane: stack.controlOrigin }));
  const [old] = lines();
  const { code, output } = await signalbox({ SIGNALBOX_STATE_DIR: stack.directory }, 'keys', 'rotate', '--remove-old');
  expect([code, output]).toEqual([0, expect.stringMatching(/Everything is encrypted under [0-9a-f]{16}\./)]);
  expect(output).toMatch(/^[0-9a-f]{16} +no longer needed +0 +0 +1 of 1$/m);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toBe(old);
  expect(output).not.toContain(lines()[0]);
  await stack.controlPlane.end();
  await stack.startControlPlane();
  const { items } = await stack.admin.get<{ items: { data?: object }[] }>('/api/v1/namespaces/default/secrets');
  expect(items.map(({ data }) => Object.keys(data ?? {}))).toEqual([['key-0', 'key-1']]);
}, 60_000);
