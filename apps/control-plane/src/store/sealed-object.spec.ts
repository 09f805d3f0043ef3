import { randomBytes } from 'node:crypto';
import { createStoreFixture, Recording, until, type StoreFixture } from '../../test/store-fixture.js';
import {
  alice,
  controlPlane,
  create,
  keyOf,
  objectOf,
  put,
  remove,
  secrets,
  update,
  widgets,
} from '../../test/test-kinds.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { PostgresObjectStore } from './postgres-object-store.js';
import { sealedReason } from './sealed-object.js';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const [good, bad] = [keyOf(secrets, 'good'), keyOf(secrets, 'moved')];
const storeWith = (...keys: Buffer[]): PostgresObjectStore =>
  new PostgresObjectStore(fixture.dataSource, { keys: new MasterKeys(keys), auditKeys: fixture.auditKeys });

/** The row `moved` holds the envelope of another one. */
async function breakOne(): Promise<void> {
  await fixture.store.commit([put(good, { a: 1 }), put(bad, { b: 2 })], alice);
  await fixture.dataSource.query(
    `UPDATE object SET object = (SELECT object FROM object WHERE name = 'good') WHERE name = 'moved'`,
  );
}

test('one object that does not decrypt is an error for who asks for it, and for nobody else', async () => {
  await breakOne();
  await expect(fixture.store.get(bad)).rejects.toMatchObject({
    code: 500,
    message: expect.stringMatching(/^secrets "moved" in the namespace "default" can't be decrypted: .*another object/),
  });
  expect(await fixture.store.get(good)).toMatchObject({ spec: { a: 1 } });
  const { items } = await fixture.store.list(secrets, {});
  expect(items.map((item) => [item.metadata.name, item['spec'], sealedReason(item) !== undefined])).toEqual([
    ['good', { a: 1 }, false],
    ['moved', undefined, true],
  ]);
  expect(items[1]?.metadata).toMatchObject({
    namespace: 'default',
    uid: expect.any(String),
    resourceVersion: expect.stringMatching(/^\d+$/),
    annotations: { 'signalbox.dev/sealed': expect.stringContaining('belongs to another object') },
  });
  expect((await fixture.store.snapshot([secrets, widgets])).objects.map(sealedReason)).toEqual([
    undefined,
    expect.stringContaining('belongs to another object'),
  ]);
});

test('a change that does not decrypt goes by, and the feed goes on', async () => {
  const feed = await fixture.follower();
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  const foreign = storeWith(randomBytes(32));
  await foreign.commit([create(bad, { b: 2 })], alice);
  await fixture.store.commit([create(keyOf(widgets, 'after'))], alice);
  await until('both are seen', () => seen.transactions.length === 2);
  const [change, after] = seen.transactions.flat();
  expect(sealedReason(change?.object)).toMatch(/^master key [0-9a-f]{16} is not in the master key file/);
  expect(after).toMatchObject({ name: 'after', type: 'ADDED' });
  expect(seen.ended).toBeUndefined();
});

test('it can be deleted and not written, nor can what a read showed in its place', async () => {
  await breakOne();
  const before = (await fixture.store.list(secrets, {})).items[1]!;
  await expect(
    fixture.store.commit([update(bad, (stored) => ({ ...stored, spec: { c: 3 } }))], alice),
  ).rejects.toMatchObject({ code: 500, message: expect.stringContaining("can't be decrypted") });
  await fixture.store.commit([remove(bad)], alice);
  expect(await fixture.store.get(bad)).toBeUndefined();
  const again = { ...objectOf(bad), metadata: { ...before.metadata, resourceVersion: undefined } };
  await expect(
    fixture.store.commit([{ key: bad, verb: 'create', mutate: () => again as never }], alice),
  ).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('metadata.annotations[signalbox.dev/sealed]: Forbidden'),
  });
  await fixture.store.commit([create(bad, { d: 4 })], alice);
  expect(await fixture.store.get(bad)).toMatchObject({ spec: { d: 4 } });
});

test('a system Secret that does not decrypt is deleted by nobody else', async () => {
  const key = keyOf(secrets, 'audit-key', 'signalbox-system');
  await storeWith(randomBytes(32)).commit([create(key)], controlPlane);
  const admin = { ...alice, groups: ['signalbox:admins'] };
  await expect(fixture.store.commit([remove(key)], admin)).rejects.toMatchObject({ code: 403 });
});

test('a Secret in plain text, as only SQL can put it there, is not taken', async () => {
  await fixture.store.commit([put(good, { a: 1 })], alice);
  await fixture.dataSource.query(`UPDATE object SET object = $1 WHERE name = 'good'`, [
    JSON.stringify(objectOf(good, { planted: true })),
  ]);
  await expect(fixture.store.get(good)).rejects.toThrow('it is stored in plain text');
});

test('reads with a rotated key file, not with another one', async () => {
  await fixture.store.commit([put(good, { a: 1 })], alice);
  expect(await storeWith(randomBytes(32), fixture.keys.current.key).get(good)).toMatchObject({ spec: { a: 1 } });
  await expect(storeWith(randomBytes(32)).get(good)).rejects.toThrow('is not in the master key file');
});
