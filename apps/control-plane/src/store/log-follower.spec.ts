import { randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { alice, create, keyOf, testKinds, widgets } from '../../test/test-kinds.js';
import { MasterKeys } from '../secrets/master-keys.js';
import { LogFollower } from './log-follower.js';
import { LogReader } from './log-reader.js';
import { ObjectCodec } from './object-codec.js';
import type { Change } from './object-store.js';
import { PostgresObjectStore } from './postgres-object-store.js';
import { KindIndex } from './stored-object.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a subscriber is told of a commit as one transaction', async () => {
  const keys = new MasterKeys([randomBytes(32)]);
  const store = new PostgresObjectStore(database.dataSource, keys);
  const reader = new LogReader(new KindIndex(testKinds), new ObjectCodec(keys));
  const follower = new LogFollower(reader, {
    url: database.url,
    query: (sql, parameters) => database.dataSource.query(sql, [...parameters]),
  });
  await follower.start();
  const seen = new Promise<readonly Change[]>((resolve, reject) => {
    void follower.subscribe(follower.revision, resolve, reject);
  });
  const { revision } = await store.commit([create(keyOf(widgets, 'a')), create(keyOf(widgets, 'b'))], alice);
  expect((await seen).map((change) => [change.revision, change.lastRevision, change.type])).toEqual([
    [revision - 1, revision, 'ADDED'],
    [revision, revision, 'ADDED'],
  ]);
  await follower.stop();
});
