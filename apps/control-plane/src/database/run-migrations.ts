import type { DataSource } from 'typeorm';
import { advisoryLocks } from './advisory-locks.js';
import { openConnection } from './connection.js';

/**
 * Brings the schema up to date. Replicas that boot at the same time wait for one another: the lock is held by a
 * connection of its own, so that it covers all migrations whatever transactions they use. Returns the names that ran.
 */
export async function runMigrations(dataSource: DataSource, url: string): Promise<string[]> {
  const locks = await openConnection({ url, applicationName: 'signalbox-migrations' }, () => {});
  try {
    await locks.query('SELECT pg_advisory_lock($1, $2)', [...advisoryLocks.migrations]);
    const ran = await dataSource.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    await locks.end();
  }
}
