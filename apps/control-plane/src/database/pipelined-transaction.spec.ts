import type { Socket } from 'node:net';
import type { PoolClient } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { inPipelinedTransaction, type PipelinedWork } from './pipelined-transaction.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const run = (last?: (client: PoolClient) => Promise<unknown>) =>
  inPipelinedTransaction(database.dataSource, async (client, begun): Promise<PipelinedWork<string>> => {
    await Promise.all([begun, client.query('UPDATE meta SET audit_id = audit_id + 1')]);
    return { value: 'done', ...(last && { last: () => last(client) }) };
  });
const written = async (): Promise<number> => {
  const [{ audit_id: id }] = await database.dataSource.query<[{ audit_id: string }]>('SELECT audit_id FROM meta');
  return Number(id);
};
const cut = (client: PoolClient, error?: Error): void =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(error) as unknown as void;

test('commits with its last statement, and rolls back without one', async () => {
  const before = await written();
  await expect(run((client) => client.query('SELECT 1'))).resolves.toBe('done');
  expect(await written()).toBe(before + 1);
  await expect(run()).resolves.toBe('done');
  expect(await written()).toBe(before + 1);
});

test('its first statements leave together, and COMMIT with the last', async () => {
  const held: number[] = [];
  await inPipelinedTransaction(database.dataSource, async (client, begun): Promise<PipelinedWork<void>> => {
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    const look = (): void => void held.push(stream.writableCorked);
    const answers = [begun, client.query('SELECT 1'), client.query('SELECT 2')];
    look();
    await Promise.all(answers);
    look();
    return {
      value: undefined,
      last: () => {
        const answer = client.query('SELECT 3');
        look();
        return answer;
      },
    };
  });
  expect(held).toEqual([1, 0, 1]);
});

test('a last statement that the server refuses is that error, and nothing is committed', async () => {
  const before = await written();
  await expect(run((client) => client.query('SELECT 1 / 0'))).rejects.toThrow('division by zero');
  const passing = `DO $$ BEGIN RAISE 'going down' USING ERRCODE = '57P01'; END $$`;
  await expect(run((client) => client.query(passing))).rejects.toMatchObject({
    code: 503,
    message: expect.stringContaining('not available'),
  });
  expect(await written()).toBe(before);
});

test('of a connection that breaks after COMMIT was sent the outcome is told as unknown', async () => {
  await expect(
    run((client) => {
      const last = client.query('SELECT 1');
      process.nextTick(cut, client);
      return last;
    }),
  ).rejects.toMatchObject({ code: 503, message: expect.stringContaining('unknown whether the write was made') });
});

test.each([
  ['a host that is gone', Object.assign(new Error('gone'), { code: 'EHOSTUNREACH', syscall: 'read' })],
  ['a failure that nobody has met before', new Error('x')],
])('so it is whatever broke the connection: %s', async (_case, failure) => {
  await expect(
    run((client) => {
      const last = client.query('SELECT 1');
      process.nextTick(cut, client, failure);
      return last;
    }),
  ).rejects.toMatchObject({ code: 503, message: expect.stringContaining('unknown whether the write was made') });
});

test('a last statement that cannot even be built leaves nothing behind', async () => {
  const before = await written();
  await expect(
    run(() => {
      throw new Error('no hash');
    }),
  ).rejects.toThrow('no hash');
  expect(await written()).toBe(before);
});

test('gives its connection back whatever happens', async () => {
  for (let turn = 0; turn < 40; turn++) {
    await expect(
      inPipelinedTransaction(database.dataSource, async (_, begun) => {
        await begun;
        throw new Error(`turn ${turn}`);
      }),
    ).rejects.toThrow(`turn ${turn}`);
  }
  await expect(run((client) => client.query('SELECT 1'))).resolves.toBe('done');
});
