import type { ClientBase } from 'pg';
import { READ_ONLY } from './guarded-client.js';
import { sessionLimits } from './limits.js';
import { continueLineage, type LineageListener } from './lineage.js';

/**
 * Every statement of ours finds its rows by a key. A plan is kept for the session, and one that was made while a table was
 * small, or before anybody counted its rows, would read the whole table for a row when it is large.
 */
const BY_KEY = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']
  .map((plan) => `set_config('${plan}', 'off', false)`)
  .join(', ');

/**
 * What every connection goes through before anyone gets it: the server is one that takes writes, its end of the
 * connection knows when to let go, and it continues the history of revisions that we know, or has begun another one.
 */
export async function prepareSession(client: ClientBase, lineage: LineageListener): Promise<void> {
  const { tcpUserTimeoutMs, keepAliveAfterMs, idleSessionMs } = sessionLimits;
  const { rows } = await client.query<{ read_only: boolean; migrated: boolean }>(
    `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       to_regclass('meta') IS NOT NULL AS migrated,
       set_config('tcp_user_timeout', $1, false), set_config('tcp_keepalives_idle', $2, false),
       set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false),
       set_config('idle_session_timeout', $3, false), ${BY_KEY}`,
    [`${tcpUserTimeoutMs}`, `${keepAliveAfterMs / 1_000}`, `${idleSessionMs}`],
  );
  if (rows[0]?.read_only !== false) {
    const error = new Error('this Postgres takes no writes: it is a standby, or set to read-only');
    throw Object.assign(error, { code: READ_ONLY });
  }
  // Before the first migration there is no history; to ask for it would leave an error in the server's log at each first start.
  if (rows[0].migrated) await continueLineage(client, lineage);
}
