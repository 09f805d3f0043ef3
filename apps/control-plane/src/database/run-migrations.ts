import { advisoryLocks } from './advisory-locks.js';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { openConnection } from './sessions/connection.js';

/**
 * Brings the schema up to date. Replicas that boot at the same time wait for one another: the lock is held by a
 * connection of its own, so that it covers all migrations whatever transactions they use. Returns the names that ran.
 */
export async function runMigrations(options: DatabaseOptions): Promise<string[]> {
  const { url, lineage } = options;
  const locks = await openConnection({ url, lineage, applicationName: 'signalbox-migrations' }, () => {});
  // Patient: a migration may rewrite a table without a word. The lock's session hears nothing meanwhile, and stays.
  const dataSource = createDataSource({ ...options, poolSize: 1 }, { patient: true });
  try {
    await locks.query('SET idle_session_timeout = 0');
    await locks.query('SELECT pg_advisory_lock($1, $2)', [...advisoryLocks.migrations]);
    await dataSource.initialize();
    const ran = await dataSource.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await locks.end();
  }
}
