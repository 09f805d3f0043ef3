import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { reconnectDelayMs } from './sessions/reconnect-delay.js';
import { runMigrations } from './run-migrations.js';
import { isUnavailable } from './unavailable.js';

/**
 * The open and migrated database. Waits up to `waitMs` for one that is just starting, as happens when a whole
 * installation is started at once; any other failure (a wrong password, a failing migration) is thrown at once.
 */
export async function openDatabase(options: DatabaseOptions, waitMs = 60_000): Promise<DataSource> {
  const deadline = performance.now() + waitMs;
  for (let failures = 0; ; failures++) {
    try {
      await runMigrations(options);
      return await createDataSource(options).initialize();
    } catch (error) {
      const delayMs = reconnectDelayMs(failures, Math.random);
      if (!isUnavailable(error) || performance.now() + delayMs > deadline) throw error;
      options.onError?.('start', error as Error);
      await delay(delayMs);
    }
  }
}
