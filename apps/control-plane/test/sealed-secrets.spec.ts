import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindRegistry } from '#libs/apimachinery';
import { systemClock } from '#libs/clock';
import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { ObjectCache } from '../src/cache/object-cache.js';
import { SecretValues } from '../src/cache/secret-values.js';
import { MasterKeyFile } from '../src/encryption/master-key-file.js';
import { MasterKeys } from '../src/encryption/master-keys.js';
import { LogReader } from '../src/store/log-reader.js';
import { LogFollower } from '../src/store/log-follower.js';
import { ObjectCodec } from '../src/store/object-codec.js';
import { PostgresObjectStore } from '../src/store/postgres-object-store.js';
import { createStoreFixture, type StoreFixture, until } from './store-fixture.js';
import { alice, keyOf, objectOf, secrets, testKinds } from './test-kinds.js';

const [oldLine, newLine] = [0, 1].map(() => randomBytes(32).toString('base64')) as [string, string];

let fixture: StoreFixture;
let directory: string;
beforeEach(async () => {
  fixture = await createStoreFixture();
  directory = mkdtempSync(join(tmpdir(), 'sealed-secrets-'));
});
afterEach(async () => {
  await fixture.close();
  rmSync(directory, { recursive: true });
});

test('a Secret under a key that a replica lacks stays as it last was, and comes by itself with the key', async () => {
  const file = join(directory, 'master.key');
  writeFileSync(file, oldLine);
  const clock = new FakeClock();
  const keys = new MasterKeyFile(file, { nowMs: clock.nowMs });
  const { dataSource, auditKeys, url } = fixture;
  const follower = new LogFollower(new LogReader(new KindRegistry(testKinds), new ObjectCodec(keys)), {
    url,
    query: (sql, parameters) => dataSource.query(sql, [...parameters]),
  });
  await follower.start();
  const cache = new ObjectCache({
    store: new PostgresObjectStore(dataSource, { keys, auditKeys }),
    feed: follower,
    kinds: testKinds,
    clock: systemClock,
    random: Math.random,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  const values = new SecretValues((value) => `version of ${value}`);
  cache.onUpdate(({ changes }) => changes.forEach(({ key, object }) => values.update(key, object)));
  keys.onChange(() => cache.openSealed());
  cache.start();

  // The other replica has both keys, and writes under the new one.
  const other = new PostgresObjectStore(dataSource, {
    keys: MasterKeys.parse(`${newLine}\n${oldLine}`),
    auditKeys,
  });
  const put = (store: PostgresObjectStore, name: string, value: string) => {
    const key = keyOf(secrets, name);
    const data = { apiKey: Buffer.from(value).toString('base64') };
    return store.commit([{ key, verb: 'apply', mutate: (stored) => ({ ...(stored ?? objectOf(key)), data }) }], alice);
  };
  await put(new PostgresObjectStore(dataSource, { keys: MasterKeys.parse(oldLine), auditKeys }), 'known', 'first');
  await until('the first value is known', () => values.get('default/known/apiKey')?.value === 'first');
  await put(other, 'known', 'second');
  const { revision } = await put(other, 'unknown', 'third');
  await until('both changes went by', () => cache.revision === revision);

  expect(values.get('default/known/apiKey')?.value).toBe('first');
  expect([...values.facts()]).toContainEqual([
    'default/unknown/',
    { problem: expect.stringMatching(/^can't be decrypted: master key [0-9a-f]{16} is not in the master key file/) },
  ]);

  writeFileSync(file, `${newLine}\n${oldLine}`);
  clock.advance(1_000);
  keys.refresh();
  await until('the new values are known', () => values.get('default/unknown/apiKey')?.value === 'third');
  expect(values.get('default/known/apiKey')?.value).toBe('second');
  expect([...values.facts()].map(([id]) => id).sort()).toEqual(['default/known/apiKey', 'default/unknown/apiKey']);

  // Still on one feed: the next change comes once.
  let updates = 0;
  cache.onUpdate(() => updates++);
  await put(other, 'known', 'fourth');
  await until('the next value is known', () => values.get('default/known/apiKey')?.value === 'fourth');
  expect(updates).toBe(1);
  await cache.stop();
  await follower.stop();
});
