import { migrations } from '#migrations';
import { createEmptyDatabase, createTestDatabase } from '../../test/test-database.js';
import { createDataSource } from './data-source.js';
import { reconnectDelayMs } from './reconnect-delay.js';
import { runMigrations } from './run-migrations.js';
import { inTransaction, READ_COMMITTED } from './transaction.js';

describe('migrations', () => {
  test('of replicas that boot together run once', async () => {
    const database = await createEmptyDatabase();
    const replicas = await Promise.all([1, 2, 3].map(() => createDataSource({ url: database.url }).initialize()));
    const ran = await Promise.all(replicas.map((replica) => runMigrations(replica, database.url)));
    expect(ran.filter((names) => names.length > 0)).toEqual([migrations.map((migration) => new migration().name)]);
    expect(await runMigrations(database.dataSource, database.url)).toEqual([]);
    await Promise.all(replicas.map((replica) => replica.destroy()));
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

test('reconnects back off, never at once, never later than five seconds', () => {
  expect(reconnectDelayMs(0, () => 0)).toBe(50);
  expect(reconnectDelayMs(0, () => 1)).toBe(100);
  expect(reconnectDelayMs(3, () => 1)).toBe(800);
  expect(reconnectDelayMs(1_000, () => 1)).toBe(5_000);
  expect(reconnectDelayMs(1_000, () => 0)).toBe(50);
});
