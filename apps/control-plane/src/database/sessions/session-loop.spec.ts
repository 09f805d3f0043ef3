import { until } from '../../../test/store-fixture.js';
import { createTestDatabase, type TestDatabase } from '../../../test/test-database.js';
import { SessionLoop, type SessionLoopOptions } from './session-loop.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const options = (more: Partial<SessionLoopOptions> = {}): SessionLoopOptions => ({
  url: database.url,
  applicationName: 'session-loop-test',
  silenceMs: 5_000,
  random: () => 0,
  ...more,
});

/** Asks for the next delay as `random` is called for: once a failure. */
function countingRandom() {
  const delays = { asked: 0 };
  return { delays, random: () => (delays.asked++, 0) };
}

test('failing work is begun again on a new connection, after a delay each time', async () => {
  const { delays, random } = countingRandom();
  const pids: number[] = [];
  const errors: string[] = [];
  const loop = new SessionLoop(
    options({ random, onError: (error) => errors.push(error.message) }),
    async ({ client, stopping }) => {
      pids.push((await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0);
      if (!stopping) throw new Error(`failure ${pids.length}`);
    },
  );
  loop.start();
  await until('three failures', () => errors.length === 3);
  await loop.stop();
  expect(errors.slice(0, 3)).toEqual(['failure 1', 'failure 2', 'failure 3']);
  expect(new Set(pids).size).toBe(pids.length);
  expect(delays.asked).toBeGreaterThanOrEqual(2);
});

test('the wake-up of a loss does not cut the delay after it short', async () => {
  let runs = 0;
  // So long a delay that a second run before the stop can only mean that it was cut short.
  const loop = new SessionLoop(options({ random: () => 1_000 }), async ({ client }) => {
    runs += 1;
    await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  loop.start();
  await until('the first run', () => runs === 1);
  await until('its connection is gone', async () => {
    const [{ count }] = await database.dataSource.query<[{ count: string }]>(
      `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-loop-test'`,
    );
    return count === '0';
  });
  await loop.stop();
  expect(runs).toBe(1);
});

test('an attempt that never opened is followed by a delay like any other', async () => {
  const errors: string[] = [];
  const loop = new SessionLoop(
    options({
      url: 'postgres://nobody@127.0.0.1:1/none',
      random: () => 1_000,
      onError: (error) => errors.push(error.message),
    }),
    () => Promise.resolve(),
  );
  loop.start();
  await until('the first attempt has failed', () => errors.length > 0);
  // Its socket's end is told after that, and others may wake what runs: neither is a reason to try again at once.
  for (let turn = 0; turn < 20; turn++) {
    loop.wake();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await loop.stop();
  expect(errors).toHaveLength(1);
});

test('a query without an answer counts as a lost connection', async () => {
  const errors: string[] = [];
  const loop = new SessionLoop(
    options({ silenceMs: 50, onError: (error) => errors.push(error.message) }),
    async ({ client, stopping }) => {
      if (!stopping) await client.query('SELECT pg_sleep(30)');
    },
  );
  loop.start();
  await until('two timeouts', () => errors.length >= 2);
  await loop.stop();
  expect(errors[0]).toBe('Postgres has not answered for 0.05 s: the connection is given up');
});

test('a sleep ends by a wake-up, and throws once the connection is lost', async () => {
  const log: string[] = [];
  const loop = new SessionLoop(options({ random: () => 1_000, onError: () => log.push('lost') }), async (session) => {
    session.established();
    const { rows } = await session.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    session.lost.addEventListener('abort', () => log.push('signalled'));
    log.push('asleep');
    await session.sleep(1_000_000);
    log.push('awake');
    await database.dataSource.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await session.sleep(1_000_000);
  });
  loop.start();
  await until('it sleeps', () => log.length === 1);
  loop.wake();
  await until('it is lost', () => log.at(-1) === 'lost');
  await loop.stop();
  expect(log).toEqual(['asleep', 'awake', 'signalled', 'lost']);
});
