import { randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { alice, create, gadgets, keyOf, put, remove, update, widgets } from '../../test/test-kinds.js';
import { MasterKeys } from '../secrets/master-keys.js';
import { PostgresObjectStore } from './postgres-object-store.js';

let database: TestDatabase;
let store: PostgresObjectStore;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  store = new PostgresObjectStore(database.dataSource, new MasterKeys([randomBytes(32)]));
});

test('what is committed is what is read, with its revision', async () => {
  const key = keyOf(widgets, 'first');
  const { revision, results } = await store.commit([create(key, { size: 1 })], alice);
  expect(results[0]).toMatchObject({ type: 'ADDED', object: { spec: { size: 1 } } });
  expect(await store.get(key)).toEqual(results[0]?.object);
  expect(results[0]?.object.metadata.resourceVersion).toBe(String(revision));
});

test('one transaction gives each object a revision of its own', async () => {
  const [left, right] = [keyOf(widgets, 'left'), keyOf(gadgets, 'right')];
  const { revision, results } = await store.commit([create(left), put(right, { size: 2 })], alice);
  expect(results.map(({ object }) => object.metadata.resourceVersion)).toEqual([`${revision - 1}`, `${revision}`]);
  const snapshot = await store.snapshot([widgets, gadgets]);
  expect(snapshot.revision).toBe(revision);
  expect(snapshot.objects.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['left', 'right']));
  await store.commit([remove(left)], alice);
  expect(await store.get(left)).toBeUndefined();
});

test('a write that changes nothing writes nothing', async () => {
  const key = keyOf(widgets, 'same');
  const before = await store.commit([create(key, { size: 1 })], alice);
  const after = await store.commit([update(key, (stored) => ({ ...stored, spec: { size: 1 } }))], alice);
  expect(after).toEqual({
    revision: before.revision,
    results: [{ type: 'UNCHANGED', object: before.results[0]?.object }],
  });
});
