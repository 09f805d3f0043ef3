import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '#libs/testing';
import { createStoreFixture, until, type StoreFixture } from '../../test/store-fixture.js';
import { alice, keyOf, put, secrets } from '../../test/test-kinds.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { PostgresObjectStore } from '../store/postgres-object-store.js';
import { ReplicaKeys } from './replica-keys.js';

const [oldLine, newLine] = [0, 1].map(() => randomBytes(32).toString('base64')) as [string, string];
const [oldId, newId] = [oldLine, newLine].map((line) => MasterKeys.parse(line).current.id) as [string, string];

let database: StoreFixture;
let directory: string;
let clock: FakeClock;
beforeEach(async () => {
  database = await createStoreFixture();
  directory = mkdtempSync(join(tmpdir(), 'replica-keys-'));
  clock = new FakeClock();
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

function replica(self: string) {
  const path = join(directory, self);
  const write = (...lines: string[]): void => writeFileSync(path, lines.join('\n'));
  write(oldLine);
  const keys = new MasterKeyFile(path, { nowMs: clock.nowMs });
  const replicas = new ReplicaKeys({
    dataSource: database.dataSource,
    keys,
    self,
    host: `host-of-${self}`,
    clock,
    random: () => 0,
    logger: { warn: () => {} } as never,
  });
  const rewrite = (...lines: string[]): void => {
    write(...lines);
    clock.advance(1_000);
    keys.refresh();
  };
  return { keys, replicas, rewrite };
}

test('a new first line encrypts once every live replica holds it', async () => {
  const [a, b] = [replica('a'), replica('b')];
  await a.replicas.beat();
  await b.replicas.beat();
  a.rewrite(newLine, oldLine);
  await a.replicas.beat();
  expect(a.keys.current.id).toBe(oldId);
  expect(await b.replicas.reports()).toEqual([
    { replica: 'a', host: 'host-of-a', masterKeys: [newId, oldId], encryptsUnder: oldId },
    { replica: 'b', host: 'host-of-b', masterKeys: [oldId], encryptsUnder: oldId },
  ]);
  b.rewrite(newLine, oldLine);
  await b.replicas.beat();
  expect(b.keys.current.id).toBe(newId);
  await a.replicas.beat();
  expect(a.keys.current.id).toBe(newId);
});

test('a replica that has stopped or not been seen for 15 s is waited for by nobody', async () => {
  const [a, b, c] = [replica('a'), replica('b'), replica('c')];
  for (const { replicas } of [a, b, c]) await replicas.beat();
  a.rewrite(newLine, oldLine);
  await b.replicas.stop();
  await database.dataSource.query(
    `UPDATE replica_keys SET seen_at = clock_timestamp() - interval '14 s' WHERE replica = 'c'`,
  );
  await a.replicas.beat();
  expect(a.keys.current.id).toBe(oldId);
  await database.dataSource.query(
    `UPDATE replica_keys SET seen_at = clock_timestamp() - interval '15.1 s' WHERE replica = 'c'`,
  );
  await a.replicas.beat();
  expect(a.keys.current.id).toBe(newId);
});

test('a changed file is reported at once, and every 5 s without a change', async () => {
  const a = replica('a');
  const reported = async () => (await a.replicas.reports()).map(({ masterKeys }) => masterKeys);
  const settled = async (expected: string[][]): Promise<void> => {
    for (let turn = 0; turn < 500 && JSON.stringify(await reported()) !== JSON.stringify(expected); turn++);
    expect(await reported()).toEqual(expected);
  };
  a.replicas.start();
  await settled([[oldId]]);
  a.rewrite(newLine, oldLine);
  await settled([[newId, oldId]]);
  await database.dataSource.query('DELETE FROM replica_keys');
  await clock.advanceAsync(5_000);
  await settled([[newId, oldId]]);
  await a.replicas.stop();
  expect(await reported()).toEqual([]);
});

const says = async ({ replicas }: ReturnType<typeof replica>) =>
  (await replicas.reports()).map(({ replica: name, encryptsUnder }) => [name, encryptsUnder]);

/** Resolves once a transaction waits for the row of `meta`. */
const somebodyWaits = () =>
  until('somebody waits for the counter', async () => {
    const [row] = await database.dataSource.query<{ waiting: string }[]>(
      `SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return Number(row?.waiting) > 0;
  });

test('a key is reported by whom it encrypts for, and what a release before wrote says nothing', async () => {
  const a = replica('a');
  await a.replicas.beat();
  await database.dataSource.query(
    `INSERT INTO replica_keys (replica, host, master_keys, seen_at) VALUES ('z', 'z', $1, clock_timestamp())`,
    [JSON.stringify([newId, oldId])],
  );
  a.rewrite(newLine, oldLine);
  await a.replicas.beat();
  expect(await says(a)).toEqual([
    ['a', newId],
    ['z', null],
  ]);
});

test('another key is reported once every commit has ended that began before it was chosen', async () => {
  const a = replica('a');
  await a.replicas.beat();
  const store = new PostgresObjectStore(database.dataSource, { keys: a.keys, auditKeys: database.auditKeys });
  const holder = database.dataSource.createQueryRunner();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM meta FOR UPDATE');
  const committed = store.commit([put(keyOf(secrets, 's'), { size: 1 })], alice);
  await somebodyWaits();
  a.rewrite(newLine, oldLine);
  // It goes on beating meanwhile, and soon again.
  expect(await a.replicas.beat()).toEqual({ requeueAfterMs: 200 });
  expect([a.keys.current.id, await says(a)]).toEqual([newId, [['a', null]]]);
  expect(await a.replicas.beat()).toEqual({ requeueAfterMs: 200 });
  expect(await says(a)).toEqual([['a', null]]);
  await holder.query('COMMIT');
  await holder.release();
  await committed;
  expect(await a.replicas.beat()).toEqual({ requeueAfterMs: 5_000 });
  expect(await says(a)).toEqual([['a', newId]]);
});

test('a commit that nobody waits for any more is waited for by the report, as it holds the counter', async () => {
  const a = replica('a');
  await a.replicas.beat();
  const orphan = database.dataSource.createQueryRunner();
  await orphan.query('BEGIN');
  await orphan.query('UPDATE meta SET rv = rv');
  a.rewrite(newLine, oldLine);
  const beaten = a.replicas.beat();
  await somebodyWaits();
  expect(await says(a)).toEqual([['a', null]]);
  await orphan.query('COMMIT');
  await orphan.release();
  await beaten;
  expect(await says(a)).toEqual([['a', newId]]);
});

test('the report is taken back before another key is used', async () => {
  const a = replica('a');
  await a.replicas.beat();
  a.rewrite(newLine, oldLine);
  const { dataSource } = database;
  await dataSource.query(`CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.encrypts_under IS NULL THEN RAISE EXCEPTION 'not taken back'; END IF;
      RETURN NEW;
    END $$`);
  await dataSource.query(
    'CREATE TRIGGER refused BEFORE UPDATE ON replica_keys FOR EACH ROW EXECUTE FUNCTION refused()',
  );
  await expect(a.replicas.beat()).rejects.toThrow('the database did not take the master keys');
  expect([a.keys.current.id, await says(a)]).toEqual([oldId, [['a', oldId]]]);
});

test('who stops while something may still be written leaves its row to expire', async () => {
  const [a, b] = [replica('a'), replica('b')];
  await a.replicas.beat();
  await b.replicas.beat();
  const writing = new EventEmitter();
  const work = a.keys.whileEncrypting(() => once(writing, 'end'));
  await a.replicas.stop();
  await b.replicas.stop();
  expect(await says(b)).toEqual([['a', oldId]]);
  writing.emit('end');
  await work;
});
