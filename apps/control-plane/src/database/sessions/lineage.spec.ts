import { jest } from '@jest/globals';
import { Client } from 'pg';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../../test/test-database.js';
import { until } from '../../../test/store-fixture.js';
import { createDataSource } from '../data-source.js';
import { inTransaction, READ_COMMITTED } from '../transaction.js';
import { openConnection } from './connection.js';
import type { LineageListener, NewLineage } from './lineage.js';
import { prepareSession } from './prepare-session.js';

let database: TestDatabase;
let changes: NewLineage[];
let reasons: string[];
const lineage: LineageListener = {
  changed: (change) => void changes.push(change),
  unknown: (reason) => void reasons.push(reason),
};
beforeEach(async () => {
  [changes, reasons] = [[], []];
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const connect = async (url = database.url): Promise<void> => {
  const client = await openConnection({ url, applicationName: 'lineage-test', lineage }, () => {});
  await client.end();
};
const meta = async () => {
  const [row] = await database.dataSource.query<
    [{ rv: string; compacted: string; server: string; lineage: string; epoch: string }]
  >('SELECT rv, compacted, server, meta.lineage, epoch FROM meta, leader');
  return { ...row, rv: Number(row.rv), compacted: Number(row.compacted), epoch: Number(row.epoch) };
};

test('the first server is written down, and nothing moves', async () => {
  await database.dataSource.query('UPDATE meta SET server = NULL');
  const before = await meta();
  await connect();
  expect(await meta()).toEqual({ ...before, server: expect.stringMatching(/^\d{10,}\/[0-9A-F]{8}$/) });
  expect(changes).toEqual([]);
});

test('of many connections to another server one begins another lineage, before any of them is used', async () => {
  await connect();
  // Whoever watches is connected before.
  const watcher = database.dataSource.createQueryRunner();
  await watcher.connect();
  await database.dataSource.query(`UPDATE meta SET server = 'another/00000001', rv = 5000000, compacted = 17`);
  const before = await meta();
  // They all see the other server before one of them can write.
  let connected: Promise<unknown> = Promise.resolve();
  await inTransaction(database.dataSource, READ_COMMITTED, async (queryRunner) => {
    await queryRunner.query('SELECT FROM meta FOR UPDATE');
    connected = Promise.all(Array.from({ length: 12 }, () => connect()));
    await until('all of them wait', async () => {
      const waiting = (await watcher.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'lineage-test' AND wait_event_type = 'Lock'
           AND datname = current_database()`,
      )) as unknown[];
      return waiting.length === 12;
    });
    return { value: undefined };
  });
  await connected;
  await watcher.release();
  const after = await meta();
  expect(changes).toEqual([{ previousServer: 'another/00000001', server: after.server, revision: after.rv }]);
  expect(after.lineage).not.toBe(before.lineage);
  // The next multiple of 2^20 and at least one more: a million revisions may have been lost.
  expect(after.rv).toBeGreaterThanOrEqual(6 * 2 ** 20);
  expect(after.rv % 2 ** 20).toBe(0);
  expect(after.compacted).toBe(after.rv);
  expect(after.epoch).toBeGreaterThan(2 ** 20);
});

test('a connection of the pool is no exception: its first statement finds the revisions moved', async () => {
  await connect();
  await database.dataSource.query(`UPDATE meta SET server = 'another/00000001', rv = 5`);
  const pool = await createDataSource({ url: database.url, lineage }).initialize();
  const [{ rv }] = await pool.query<[{ rv: string }]>('SELECT rv FROM meta');
  await pool.destroy();
  expect(Number(rv)).toBeGreaterThan(2 ** 20);
  expect(changes).toHaveLength(1);
});

test('two copies that are promoted apart go on at different places', async () => {
  const places = new Set<number>();
  for (let turn = 0; turn < 8; turn++) {
    await database.dataSource.query(`UPDATE meta SET server = 'another/00000001', rv = 1`);
    await connect();
    places.add((await meta()).rv);
  }
  expect(places.size).toBeGreaterThan(1);
});

test('a database that has not been migrated has no lineage to compare', async () => {
  const empty = await createEmptyDatabase();
  const client = new Client(empty.url);
  await client.connect();
  const query = jest.spyOn(client, 'query');
  await prepareSession(client, lineage);
  expect([changes, reasons]).toEqual([[], []]);
  // Each statement that fails is an error in the server's log, which people read at their first start.
  const results = query.mock.results.map(({ value }) => value as Promise<unknown>);
  expect((await Promise.allSettled(results)).filter(({ status }) => status === 'rejected')).toEqual([]);
  await client.end();
  await empty.drop();
});

test('a server that does not say who it is can be used, and is mentioned', async () => {
  const role = `plain_${process.pid}_${Date.now()}`;
  await database.dataSource.query(`CREATE ROLE ${role} LOGIN`);
  await database.dataSource.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  const asRole = database.url.replace(/\/\/[^@]*@/, `//${role}@`);
  // An ordinary role is allowed to ask.
  await connect(asRole);
  expect(reasons).toEqual([]);
  await database.dataSource.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
  const before = await meta();
  await connect(asRole);
  expect(reasons).toEqual(['permission denied for function pg_control_system']);
  expect(await meta()).toEqual(before);
  await database.dataSource.query(`DROP OWNED BY ${role}`);
  await database.dataSource.query(`DROP ROLE ${role}`);
});

test('a standby, or a server set to read-only, is refused', async () => {
  await database.dataSource.query(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`,
  );
  await expect(connect()).rejects.toMatchObject({ code: '25006', message: expect.stringContaining('takes no writes') });
});

test('the server ends a session from which it has heard nothing for long', async () => {
  const client = await openConnection({ url: database.url, applicationName: 'lineage-test' }, () => {});
  const { rows } = await client.query<{ idle_session_timeout: string }>('SHOW idle_session_timeout');
  expect(rows).toEqual([{ idle_session_timeout: '1min' }]);
  await client.end();
});
