import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '#migrations';
import { createEmptyDatabase, createTestDatabase } from '../../test/test-database.js';
import { openDatabase } from './open-database.js';
import { reconnectDelayMs } from './sessions/reconnect-delay.js';
import { runMigrations } from './run-migrations.js';
import { inTransaction, READ_COMMITTED } from './transaction.js';

describe('migrations', () => {
  test('of replicas that boot together run once', async () => {
    const database = await createEmptyDatabase();
    const ran = await Promise.all([1, 2, 3].map(() => runMigrations({ url: database.url })));
    expect(ran.filter((names) => names.length > 0)).toEqual([migrations.map((migration) => new migration().name)]);
    expect(await runMigrations({ url: database.url })).toEqual([]);
    await database.drop();
  });

  test('go forward only', async () => {
    for (const Migration of migrations) await expect(new Migration().down()).rejects.toThrow('forward-only');
  });

  test('make exactly the tables and columns that the entities describe', async () => {
    const database = await createTestDatabase();
    const columns = await database.dataSource.query<{ description: string }[]>(
      `SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable AS description
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migrations' ORDER BY 1`,
    );
    const names: Record<string, string> = { bigint: 'int8', boolean: 'bool' };
    const described = database.dataSource.entityMetadatas.flatMap(({ tableName, columns }) =>
      columns.map(({ databaseName, type, isNullable }) => {
        const typeName = String(type);
        return `${tableName}.${databaseName} ${names[typeName] ?? typeName} ${isNullable ? 'YES' : 'NO'}`;
      }),
    );
    expect(described.sort()).toEqual(columns.map(({ description }) => description).sort());
    await database.drop();
  });
});

describe('a transaction', () => {
  test('is undone when its work fails, and gives its connection back', async () => {
    const database = await createTestDatabase();
    const fail = (message: string) =>
      inTransaction(database.dataSource, READ_COMMITTED, async (queryRunner) => {
        await queryRunner.query('UPDATE meta SET rv = 77');
        throw new Error(message);
      });
    for (let turn = 0; turn < 40; turn++) await expect(fail(`turn ${turn}`)).rejects.toThrow(`turn ${turn}`);
    expect(await database.dataSource.query('SELECT rv FROM meta')).toEqual([{ rv: '1' }]);
    await database.drop();
  });

  test('whose connection dies is a 503 with the reason, and the next one works', async () => {
    const database = await createTestDatabase();
    const cut = (when: 'before' | 'during') =>
      inTransaction(database.dataSource, READ_COMMITTED, async (queryRunner) => {
        const [{ pid }] = (await queryRunner.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
        await database.dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
        if (when === 'before') await queryRunner.query('SELECT 1');
        return { value: undefined };
      });
    await expect(cut('before')).rejects.toMatchObject({ code: 503, cause: expect.anything() });
    await expect(cut('before')).rejects.toThrow('try again');
    await expect(cut('during')).rejects.toThrow('unknown whether the write was made');
    await expect(
      inTransaction(database.dataSource, READ_COMMITTED, async (queryRunner) => ({
        value: (await queryRunner.query('SELECT 1 AS one')) as unknown,
      })),
    ).resolves.toEqual([{ one: 1 }]);
    await database.drop();
  });
});

test('the server lets no connection of the pool keep a lock, or wait for one, for longer than we would wait', async () => {
  const database = await createTestDatabase();
  const shown = async (setting: string) =>
    Object.values((await database.dataSource.query<[object]>(`SHOW ${setting}`))[0]);
  expect(await shown('lock_timeout')).toEqual(['4s']);
  expect(await shown('idle_in_transaction_session_timeout')).toEqual(['10s']);
  await database.drop();
});

describe('opening', () => {
  test('waits for a server that is starting, and migrates', async () => {
    const database = await createEmptyDatabase();
    const [{ name, directory, port }] = await database.dataSource.query<
      [{ name: string; directory: string; port: string }]
    >(
      `SELECT current_database() AS name, current_setting('unix_socket_directories') AS directory, current_setting('port') AS port`,
    );
    const socket = `.s.PGSQL.${port}`;
    // The server's socket appears here only after the second try has failed.
    const elsewhere = mkdtempSync(join(tmpdir(), 'open-database-'));
    let failures = 0;
    const url = `postgres://${new URL(database.url.replace('@/', '@localhost/')).username}@/${name}?host=${elsewhere}&port=${port}`;
    const opened = await openDatabase({
      url,
      onError: () => {
        failures += 1;
        if (failures === 2) symlinkSync(join(directory, socket), join(elsewhere, socket));
      },
    });
    expect(failures).toBe(2);
    expect(await opened.query('SELECT rv FROM meta')).toEqual([{ rv: '1' }]);
    await opened.destroy();
    await database.drop();
    rmSync(elsewhere, { recursive: true });
  });

  test('gives up after its time, and at once on what will not pass', async () => {
    const errors: Error[] = [];
    const onError = (_where: string, error: Error): void => void errors.push(error);
    await expect(openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', onError }, 0)).rejects.toThrow(
      'ECONNREFUSED',
    );
    const database = await createTestDatabase();
    const missing = database.url.replace(/suite_\w+/, 'no_such_database');
    await expect(openDatabase({ url: missing, onError })).rejects.toThrow('"no_such_database" does not exist');
    await database.drop();
    expect(errors).toEqual([]);
  });
});

test('reconnects back off, never at once, never later than five seconds', () => {
  expect(reconnectDelayMs(0, () => 0)).toBe(50);
  expect(reconnectDelayMs(0, () => 1)).toBe(100);
  expect(reconnectDelayMs(3, () => 1)).toBe(800);
  expect(reconnectDelayMs(1_000, () => 1)).toBe(5_000);
  expect(reconnectDelayMs(1_000, () => 0)).toBe(50);
});
