import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { createStoreFixture, range, Recording, until, type StoreFixture } from '../../test/store-fixture.js';
import { alice, keyOf, put, remove, secrets, testKinds, widgets } from '../../test/test-kinds.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { LogRow, ObjectRow } from '../store/object.entity.js';
import { PostgresObjectStore } from '../store/postgres-object-store.js';
import { lockKeyOf, lockKeys, tryKeys } from '../store/read-locked.js';
import { EncryptedRows } from './encrypted-rows.js';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const [before, both, after] = [[oldKey], [newKey, oldKey], [newKey]].map((keys) => new MasterKeys(keys)) as [
  MasterKeys,
  MasterKeys,
  MasterKeys,
];
const [oldId, newId] = [before.current.id, after.current.id];
const forever = new AbortController().signal;

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const storeWith = (keys: MasterKeys) =>
  new PostgresObjectStore(fixture.dataSource, { keys, auditKeys: fixture.auditKeys });
const rowsWith = (keys: MasterKeys, batchRows = 3) =>
  new EncryptedRows({ dataSource: fixture.dataSource, kinds: testKinds, keys, batchRows });
const secret = (number: number) => keyOf(secrets, `s${number}`);

/** Ten Secrets written twice, one deleted, and a Widget: nine objects, 21 states and 11 states before in the log. */
async function fill(): Promise<void> {
  const store = storeWith(before);
  for (const size of [1, 2])
    await store.commit(
      range(1, 10).map((number) => put(secret(number), { size })),
      alice,
    );
  await store.commit([remove(secret(10)), put(keyOf(widgets, 'w'), {})], alice);
}

test('counts what is under which key', async () => {
  await fill();
  await storeWith(both).commit([put(secret(1), { size: 3 })], alice);
  expect(await rowsWith(both).uses()).toEqual(
    [
      // Of the last write, the state before is still as it was stored.
      { masterKey: oldId, objects: 8, log: 33 },
      { masterKey: newId, objects: 1, log: 1 },
    ].sort((left, right) => (left.masterKey < right.masterKey ? -1 : 1)),
  );
});

test('a pass puts everything under the current key, and changes nothing that anyone sees', async () => {
  await fill();
  const feed = await fixture.follower();
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  const repository = fixture.dataSource.getRepository(ObjectRow);
  const shown = async (keys: MasterKeys) => (await storeWith(keys).snapshot([secrets, widgets])).objects;
  const [objects, revisions] = [
    await shown(before),
    (await repository.find({ order: { name: 'ASC' } })).map(({ name, rv }) => [name, rv]),
  ];

  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 9 + 21, failed: 0, skipped: 0 });
  expect(await rowsWith(both).uses()).toEqual([{ masterKey: newId, objects: 9, log: 32 }]);
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 0, failed: 0, skipped: 0 });

  expect(await shown(after)).toEqual(objects);
  expect((await repository.find({ order: { name: 'ASC' } })).map(({ name, rv }) => [name, rv])).toEqual(revisions);
  const { revision } = await storeWith(after).commit([put(keyOf(widgets, 'w'), { last: true })], alice);
  await until('the follower is at the head', () => feed.revision === revision);
  expect(seen.transactions.flat().map(({ name, revision: at }) => [name, at])).toEqual([['w', revision]]);
});

test('the log opens under the new key alone, the states before included', async () => {
  await fill();
  const page = await storeWith(before).list(secrets, { limit: 3 });
  const { continue: next } = page;
  await storeWith(before).commit(
    range(1, 9).map((number) => put(secret(number), { size: 9 })),
    alice,
  );
  await rowsWith(both).rewrapAll(forever);
  // The second page shows what was there at the first one's revision, from the log.
  const { items } = await storeWith(after).list(secrets, { continue: next });
  expect(items.map((item) => item.spec)).toEqual(range(1, 6).map(() => ({ size: 2 })));
});

test('a state before that stands under the old key beside a state under the new one is put under the new one', async () => {
  await fill();
  await storeWith(both).commit([put(secret(1), { size: 3 })], alice);
  await rowsWith(both).rewrapAll(forever);
  expect(await rowsWith(both).uses()).toEqual([{ masterKey: newId, objects: 9, log: 34 }]);
});

test('skips what others hold locked, and never makes them wait for each other', async () => {
  await fill();
  const holder = fixture.dataSource.createQueryRunner();
  await holder.query('BEGIN');
  await holder.query(`SELECT 1 FROM object WHERE name = 's4' FOR UPDATE`);
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 8 + 21, failed: 0, skipped: 1 });
  await holder.query('COMMIT');
  await holder.release();
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 1, failed: 0, skipped: 0 });
});

test('leaves alone what somebody is about to write, who holds no row of it yet', async () => {
  await fill();
  const holder = fixture.dataSource.createQueryRunner();
  await holder.query('BEGIN');
  await lockKeys((await holder.connect()) as PoolClient, [lockKeyOf(secret(4))], 1_000);
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 8 + 21, failed: 0, skipped: 1 });
  await holder.query('ROLLBACK');
  await holder.release();
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 1, failed: 0, skipped: 0 });
});

test('what it rewraps is locked as by a write: who writes the same waits before the revision counter is taken', async () => {
  await fill();
  // Asked while a batch is under way.
  let asked: Promise<ReadonlySet<string>> | undefined;
  const { dataSource } = fixture;
  const other = dataSource.createQueryRunner();
  const client = (await other.connect()) as PoolClient;
  const watching = Object.assign(Object.create(dataSource) as typeof dataSource, {
    createQueryRunner: () => {
      const queryRunner = dataSource.createQueryRunner();
      const query = queryRunner.query.bind(queryRunner) as (...parameters: unknown[]) => Promise<unknown>;
      queryRunner.query = (async (...parameters: unknown[]) => {
        const isCommit = parameters[0] === 'COMMIT';
        if (isCommit)
          asked ??= tryKeys(
            client,
            [1, 2, 3, 4].map((number) => lockKeyOf(secret(number))),
          );
        if (isCommit) await asked;
        return query(...parameters);
      }) as never;
      return queryRunner;
    },
  });
  await new EncryptedRows({ dataSource: watching, kinds: testKinds, keys: both, batchRows: 3 }).rewrapAll(forever);
  expect(await asked).toEqual(new Set([1, 2, 3].map((number) => lockKeyOf(secret(number)))));
  await other.release();
});

test('a batch is seen by who asks whether a key is out of use: it is open work, and holds the row of the counter', async () => {
  await fill();
  const { dataSource } = fixture;
  const seen: unknown[] = [];
  let open = 0;
  const keys = {
    current: both.current,
    find: (id: string) => both.find(id),
    whileEncrypting: async <T>(work: () => Promise<T>): Promise<T> => {
      open += 1;
      return work().finally(() => (open -= 1));
    },
  };
  const watching = Object.assign(Object.create(dataSource) as typeof dataSource, {
    createQueryRunner: () => {
      const queryRunner = dataSource.createQueryRunner();
      const query = queryRunner.query.bind(queryRunner) as (...parameters: unknown[]) => Promise<unknown>;
      queryRunner.query = (async (...parameters: unknown[]) => {
        if (parameters[0] === 'COMMIT') {
          const free = await dataSource.query<unknown[]>('SELECT 1 FROM meta FOR UPDATE SKIP LOCKED');
          const counter = await dataSource.query<unknown[]>('SELECT 1 FROM meta FOR NO KEY UPDATE SKIP LOCKED');
          seen.push([open, free.length, counter.length]);
        }
        return query(...parameters);
      }) as never;
      return queryRunner;
    },
  });
  await new EncryptedRows({ dataSource: watching, kinds: testKinds, keys, batchRows: 100 }).rewrapAll(forever);
  // Commits take the counter all the same.
  expect(seen).toEqual([
    [1, 0, 1],
    [1, 0, 1],
  ]);
  expect(open).toBe(0);
});

test('while everything is being written, nothing is lost and nothing stays behind', async () => {
  await fill();
  const store = storeWith(both);
  let writing = true;
  const rewrapping = (async () => {
    const rows = rowsWith(both, 2);
    while (writing) await rows.rewrapAll(forever);
    while ((await rows.rewrapAll(forever)).rewrapped > 0);
  })();
  await Promise.all(
    range(1, 4).map(async (writer) => {
      for (const turn of range(1, 15)) {
        await store.commit(
          [put(secret(((turn * writer) % 9) + 1), { writer, turn }), put(secret(writer), { turn })].slice(
            (turn * writer) % 9 === writer - 1 ? 1 : 0,
          ),
          alice,
        );
      }
    }),
  );
  writing = false;
  await rewrapping;
  expect((await rowsWith(both).uses()).map(({ masterKey }) => masterKey)).toEqual([newId]);
  for (const number of range(1, 4)) expect((await storeWith(after).get(secret(number)))?.spec).toHaveProperty('turn');
  expect(await fixture.verifyAudit()).toMatchObject({ valid: true });
});

test('what does not open is counted and left as it is', async () => {
  await fill();
  const moved = `UPDATE object SET object = (SELECT object FROM object WHERE name = 's1') WHERE name = 's2'`;
  await fixture.dataSource.query(moved);
  expect(await rowsWith(both).rewrapAll(forever)).toEqual({ rewrapped: 8 + 21, failed: 1, skipped: 0 });
  expect(await rowsWith(after).rewrapAll(forever)).toEqual({ rewrapped: 0, failed: 1, skipped: 0 });
  const [row] = await fixture.dataSource.getRepository(ObjectRow).findBy({ name: 's2' });
  expect(row?.object).toMatchObject({ masterKey: oldId });
});

test('stops between two batches when asked', async () => {
  await fill();
  expect(await rowsWith(both).rewrapAll(AbortSignal.abort())).toEqual({ rewrapped: 0, failed: 0, skipped: 0 });
  expect(await fixture.dataSource.getRepository(LogRow).count()).toBe(22);
});
