import { trace } from '@opentelemetry/api';
import { type ApiObject, type KindDefinition, objectScope } from '#libs/apimachinery';
import { createStoreFixture, range, type StoreFixture } from '../../../test/store-fixture.js';
import { alice, create, keyOf, remove, update, widgets } from '../../../test/test-kinds.js';
import { Reader } from '../objects/read.js';
import type { Call } from '../request/call.js';
import type { ObjectStore } from '../../store/object-store.js';
import { ObjectWriter } from './object-writer.js';
import { Remover } from './remove.js';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const call = (query = ''): Call => ({
  identity: { user: 'alice', groups: [] },
  method: 'DELETE',
  path: '/',
  query: new URLSearchParams(query),
  headers: {},
  body: Buffer.alloc(0),
  sourceAddress: '127.0.0.1',
  userAgent: 'a test',
  traceParent: alice.traceParent,
});

function removerOf(store: ObjectStore): Remover {
  const objects = new ObjectWriter({
    store,
    authorizer: { authorize: () => ({ allowed: true, reason: '' }) },
    references: { warningsOf: async () => [] },
    tracer: trace.getTracer('test'),
  });
  return new Remover({ objects, store, reader: new Reader(store, Date.now), kinds: [widgets], nowMs: Date.now });
}

async function deleteAll(store: ObjectStore, kind: KindDefinition = widgets, query = ''): Promise<string[]> {
  const { body } = await removerOf(store).deleteCollection(call(query), { kind, scope: objectScope(kind, 'default') });
  return (body as { items: ApiObject[] }).items.map(({ metadata }) => metadata.name);
}

const name = (index: number): string => `w${String(index).padStart(4, '0')}`;
const left = async (): Promise<string[]> =>
  (await fixture.store.list(widgets, {})).items.map(({ metadata }) => metadata.name);

async function createWidgets(count: number): Promise<string[]> {
  const names = range(1, count).map(name);
  await fixture.store.commit(
    names.map((each) => create(keyOf(widgets, each))),
    alice,
  );
  return names;
}

/** How many changes each deleting transaction of the log has. */
const deletions = async (): Promise<number[]> => {
  const rows = await fixture.dataSource.query<{ count: string }[]>(
    `SELECT count(*) AS count FROM object_log WHERE type = 'DELETED' GROUP BY last_rv ORDER BY last_rv`,
  );
  return rows.map(({ count }) => Number(count));
};

test('a large collection goes in several transactions, and the answer lists all of it', async () => {
  const names = await createWidgets(1_100);
  expect(await deleteAll(fixture.store, widgets, 'dryRun=All')).toEqual(names);
  expect(await left()).toEqual(names);
  expect(await deleteAll(fixture.store)).toEqual(names);
  expect(await left()).toEqual([]);
  expect(await deletions()).toEqual([500, 500, 100]);
});

test('of a large collection nothing goes if something of it would be refused', async () => {
  const names = await createWidgets(501);
  const guarded: KindDefinition = {
    ...widgets,
    validateDelete: ({ metadata }) => (metadata.name === names.at(-1) ? 'it is in use' : undefined),
  };
  await expect(deleteAll(fixture.store, guarded)).rejects.toThrow('it is in use');
  expect(await left()).toEqual(names);
});

test('what goes by another hand meanwhile is left out; what finalizers hold is listed once', async () => {
  const names = await createWidgets(501);
  const held = update(keyOf(widgets, names[0]!), (stored) => ({
    ...stored,
    metadata: { ...stored.metadata, finalizers: ['example.com/hold'] },
  }));
  await fixture.store.commit([held], alice);
  let written = 0;
  const { store } = fixture;
  const raced: ObjectStore = {
    get: (key) => store.get(key),
    list: (kind, options) => store.list(kind, options),
    listText: (kind, options) => store.listText(kind, options),
    snapshot: (kinds) => store.snapshot(kinds),
    commit: async (writes, origin, options) => {
      const result = await store.commit(writes, origin, options);
      if (!options?.dryRun && written++ === 0) await store.commit([remove(keyOf(widgets, names.at(-1)!))], alice);
      return result;
    },
  };
  expect(await deleteAll(raced)).toEqual(names.slice(0, -1));
  expect(await left()).toEqual([names[0]]);
});
