import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '#libs/testing';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { ReplicaKeys } from './replica-keys.js';

const [oldLine, newLine] = [0, 1].map(() => randomBytes(32).toString('base64')) as [string, string];
const [oldId, newId] = [oldLine, newLine].map((line) => MasterKeys.parse(line).current.id) as [string, string];

let database: TestDatabase;
let directory: string;
let clock: FakeClock;
beforeEach(async () => {
  database = await createTestDatabase();
  directory = mkdtempSync(join(tmpdir(), 'replica-keys-'));
  clock = new FakeClock();
});
afterEach(async () => {
  await database.drop();
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
    { replica: 'a', host: 'host-of-a', masterKeys: [newId, oldId] },
    { replica: 'b', host: 'host-of-b', masterKeys: [oldId] },
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
