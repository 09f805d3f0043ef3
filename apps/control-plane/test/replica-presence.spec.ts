import { createLogger } from '#libs/telemetry';
import { eventually, eventuallyPasses } from '#libs/testing';
import { ReplicaPresence } from '../src/fleet/replica-presence.js';
import { systemTimers } from '#libs/clock';
import { createEmptyDatabase, type TestDatabase } from './test-database.js';

describe('ReplicaPresence', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database.drop());

  function presence(self: string): ReplicaPresence {
    const logger = createLogger({ name: 'test', level: 'silent' });
    const replica = new ReplicaPresence({ url: database.url, self, timers: systemTimers, random: Math.random, logger });
    replica.start();
    return replica;
  }
  /** Undefined while the database can't be asked. */
  const sees = (replica: ReplicaPresence, other: string) => replica.isAlive(other).catch(() => undefined);

  it('sees a replica while it lives, and no longer', async () => {
    const [here, there] = [presence('here'), presence('there')];
    await eventuallyPasses(async () => expect(await sees(here, 'there')).toBe(true));
    await there.stop();
    await eventuallyPasses(async () => expect(await sees(here, 'there')).toBe(false));
    expect(await here.isAlive('here')).toBe(true);
    await here.stop();
  });

  it('comes back after its connection was lost, and guesses nothing meanwhile', async () => {
    const here = presence('here');
    await eventually(() => sees(here, 'here'));
    await database.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'signalbox here'`,
    );
    await eventuallyPasses(async () => expect(await sees(here, 'here')).toBe(true));
    await here.stop();
  });
});
