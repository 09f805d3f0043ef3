import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#libs/testing';
import { RunningControlPlane, secret, SECRETS } from './running-control-plane.js';

interface KeyStatus {
  readonly masterKeys: { readonly masterKey: string; readonly objects: number }[];
  readonly replicas: { readonly masterKeys: string[] }[];
  readonly reencryption: { readonly masterKey: string | null; readonly remaining: number };
}

let server: RunningControlPlane;
let replica: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
  replica = await server.startReplica();
  await server.call(SECRETS, { method: 'POST', body: secret('s', { stringData: { key: 'canary-value' } }) });
});
afterAll(async () => {
  await replica?.stop();
  await server?.stop();
});

const status = async (of = server): Promise<KeyStatus> => (await of.call('/keys')).body as unknown as KeyStatus;
const reencrypt = (as: 'admin' | 'editor' | 'viewer' = 'admin') =>
  server.call('/keys/reencrypt', { method: 'POST', as });
const newLine = randomBytes(32).toString('base64');
const prepend = ({ directory }: RunningControlPlane): void => {
  const file = join(directory, 'master.key');
  writeFileSync(file, `${newLine}\n${readFileSync(file, 'utf8')}\n`);
};

test('ids and counts are shown to admins alone, and no key to anybody', async () => {
  for (const as of ['editor', 'viewer'] as const) {
    expect((await server.call('/keys', { as })).status).toBe(403);
    expect((await reencrypt(as)).status).toBe(403);
  }
  const { masterKeys, replicas, reencryption } = await status();
  expect(masterKeys).toEqual([
    { masterKey: replicas[0]!.masterKeys[0], objects: 4, log: expect.any(Number), removable: false },
  ]);
  expect(reencryption).toEqual({ masterKey: null, remaining: 0 });
  const line = readFileSync(join(server.directory, 'master.key'), 'utf8').trim();
  expect(JSON.stringify(await status())).not.toContain(line);
});

test('re-encryption is refused, with the replica, until every file begins with the same key; then the leader does it', async () => {
  const oldId = (await status()).replicas[0]!.masterKeys[0]!;
  prepend(server);
  await eventually(async () => (await status()).replicas.some(({ masterKeys }) => masterKeys.length === 2));
  expect(await reencrypt()).toMatchObject({ status: 409, body: { message: expect.stringContaining(oldId) } });
  expect((await status()).reencryption.masterKey).toBeNull();
  // A write now is under the key that both hold.
  await server.call(SECRETS, { method: 'POST', body: secret('between', { stringData: { key: 'a' } }) });
  expect((await replica.call(`${SECRETS}/between`)).status).toBe(200);

  prepend(replica);
  const dryRun = () => server.call('/keys/reencrypt?dryRun=All', { method: 'POST' });
  await eventually(async () => (await status(replica)).replicas.every(({ masterKeys }) => masterKeys.length === 2));
  expect(await dryRun()).toMatchObject({ status: 202, body: { reencryption: { masterKey: null } } });
  expect((await reencrypt()).status).toBe(202);
  await eventually(async () => (await status()).reencryption.remaining === 0);
  const { reencryption, masterKeys } = await status();
  expect(masterKeys.find(({ masterKey }) => masterKey === oldId)?.objects).toBe(0);
  const { body } = await server.call('/audit?kind=Namespace&name=signalbox-system&actor=admin');
  expect(JSON.stringify(body.items.map((item) => item['changes']))).toContain(reencryption.masterKey);
});
