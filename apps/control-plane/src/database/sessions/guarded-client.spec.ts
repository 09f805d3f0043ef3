import type { Client } from 'pg';
import { DatabaseRoute } from '../../../test/database-route.js';
import { until } from '../../../test/store-fixture.js';
import { createTestDatabase, type TestDatabase } from '../../../test/test-database.js';
import { GuardedClient, type GuardedClientConfig } from './guarded-client.js';

let database: TestDatabase;
let route: DatabaseRoute;
let routed: string;
beforeEach(async () => {
  database = await createTestDatabase();
  route = new DatabaseRoute();
  routed = await route.through(database.url);
});
afterEach(async () => {
  await route.close();
  await database.drop();
});

async function connect(config: GuardedClientConfig, url = routed): Promise<Client> {
  const client = new GuardedClient({ connectionString: url, ...config });
  client.on('error', () => {});
  await client.connect();
  return client;
}

test('silence ends the connection and all that waits on it', async () => {
  const client = await connect({ silenceMs: 200 });
  let ended = false;
  client.once('end', () => (ended = true));
  route.blackHole();
  const answers = await Promise.allSettled([client.query('SELECT 1'), client.query('SELECT 2')]);
  for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'ETIMEDOUT' } });
  await until('the connection has ended', () => ended);
  await expect(client.query('SELECT 3')).rejects.toThrow('not queryable');
});

test('questions are no sign of life: asking on and on ends it all the same', async () => {
  const client = await connect({ silenceMs: 200 });
  route.blackHole();
  const asked: Promise<unknown>[] = [];
  const timer = setInterval(() => asked.push(client.query('SELECT 1').catch(() => undefined)), 20);
  await expect(client.query('SELECT 1')).rejects.toThrow('has not answered for 0.2 s');
  clearInterval(timer);
  await Promise.all(asked);
});

test('an answer may take longer than the silence allowed, as long as some of it arrives', async () => {
  const client = await connect({ silenceMs: 500 });
  // A kilobyte a row, so that rows leave the server one by one; 1 s in all.
  const { rows } = await client.query(`SELECT repeat('x', 10000), pg_sleep(0.05) FROM generate_series(1, 20)`);
  expect(rows).toHaveLength(20);
  await client.end();
});

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('an answer that came while the process stood still is no silence', async () => {
  const client = await connect({ silenceMs: 300 }, database.url);
  const answer = client.query<{ one: number }>('SELECT 1 AS one');
  await new Promise((resolve) => setImmediate(resolve));
  standStill(600);
  expect((await answer).rows).toEqual([{ one: 1 }]);
  await client.end();
});

test('the first question after a pause has its whole time, also when it is asked in the turn that ends the time before', async () => {
  const client = await connect({ silenceMs: 300 });
  await client.query('SELECT 1');
  // Timers of one length fire in one go, the callbacks of promises between them.
  let answer: Promise<unknown> | undefined;
  const asked = new Promise((resolve) => setTimeout(resolve, 300)).then(() => (answer = client.query('SELECT 2')));
  await client.query('SELECT 3');
  standStill(600);
  await asked;
  await expect(answer).resolves.toMatchObject({ rowCount: 1 });
  await client.end();
});

test('an idle connection may be silent', async () => {
  const client = await connect({ silenceMs: 50 });
  await client.query('SELECT 1');
  await client.query('SELECT pg_sleep(0)');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await client.query<{ two: number }>('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
  await client.end();
});

test('closing does not wait for a goodbye that never comes', async () => {
  const client = await connect({});
  route.blackHole();
  await client.end();
});

test('a server that turned read-only loses its connection, and says so first', async () => {
  const client = await connect({});
  let ended = false;
  client.once('end', () => (ended = true));
  await client.query('SET default_transaction_read_only = on');
  await expect(client.query('UPDATE meta SET rv = rv')).rejects.toMatchObject({ code: '25006' });
  await until('the connection has ended', () => ended);
});
