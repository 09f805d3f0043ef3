import { createLogger } from '#libs/telemetry';
import { eventually, eventuallyPasses } from '#libs/testing';
import { ReplicaPresence, type ReplicaPresenceOptions } from '../src/fleet/replica-presence.js';
import { systemClock } from '#libs/clock';
import { createTestDatabase, type TestDatabase } from './test-database.js';

describe('ReplicaPresence', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  function presence(self: string, options: Partial<ReplicaPresenceOptions> = {}): ReplicaPresence {
    const logger = createLogger({ name: 'test', level: 'silent' });
    const query = (sql: string, parameters: readonly unknown[]) =>
      database.dataSource.query<unknown>(sql, [...parameters]);
    const replica = new ReplicaPresence({
      query,
      self,
      clock: systemClock,
      random: Math.random,
      logger,
      beatMs: 100,
      ...options,
    });
    replica.start();
    return replica;
  }
  const sees = async (replica: ReplicaPresence, other: string) => (await replica.living()).has(other);

  it('sees a replica while it lives, and no longer once it says goodbye', async () => {
    const [here, there] = [presence('here'), presence('there')];
    await eventuallyPasses(async () => expect(await here.living()).toEqual(new Set(['here', 'there'])));
    await there.stop();
    expect(await here.living()).toEqual(new Set(['here']));
    await here.stop();
  });

  it('takes one that falls silent for dead, though it said nothing', async () => {
    let silent = false;
    const here = presence('here', { expiryMs: 700 });
    const there = presence('there', {
      query: (sql, parameters) =>
        silent ? new Promise(() => {}) : database.dataSource.query<unknown>(sql, [...parameters]),
    });
    await eventually(() => sees(here, 'there'));
    silent = true;
    await eventuallyPasses(async () => expect(await here.living()).toEqual(new Set(['here'])));
    silent = false;
    await here.stop();
    void there;
  });

  it('goes on once the database answers again, and guesses nothing meanwhile', async () => {
    let away = true;
    const here = presence('here', {
      query: (sql, parameters) =>
        away ? Promise.reject(new Error('away')) : database.dataSource.query<unknown>(sql, [...parameters]),
    });
    await expect(here.living()).rejects.toThrow('did not answer');
    away = false;
    await eventually(() => sees(here, 'here'));
    await here.stop();
  });

  it('takes away the rows of replicas that are long gone', async () => {
    await database.dataSource.query(`INSERT INTO replica VALUES ('old', now() - interval '2 hours')`);
    const here = presence('here');
    await eventuallyPasses(async () =>
      expect(await database.dataSource.query('SELECT name FROM replica')).toEqual([{ name: 'here' }]),
    );
    await here.stop();
  });
});
