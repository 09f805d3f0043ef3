import { DatabaseError, type ClientBase } from 'pg';

/** Another server, or an earlier state of one, has taken over: what was acknowledged may be missing from it. */
export interface NewLineage {
  readonly previousServer: string;
  readonly server: string;
  /** Revisions go on here, far from any that was ever handed out. */
  readonly revision: number;
}

export interface LineageListener {
  changed(lineage: NewLineage): void;
  /** The server doesn't say who it is: a fail-over that lost writes will not be noticed. */
  unknown(reason: string): void;
}

/** More than can have been handed out and lost. */
const JUMP = 2 ** 20;
/** Two standbys of one server that were both promoted go on at different places, all but surely. */
const SPREAD = 256;

/**
 * The server by what tells it from each of its copies: the cluster's identifier and the timeline, which changes with
 * every promotion and every recovery to a point in time. Of all places where Postgres shows a timeline this is the one
 * that is right at once after a promotion. A column of ours would be replicated, and tell nothing.
 */
const SERVER = `(SELECT system_identifier FROM pg_control_system()) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`;

/**
 * Runs on each connection before anyone uses it, so that nothing is committed on a server that took over before the
 * revisions have been moved: far ahead, with all earlier ones declared compacted. So none is ever given twice, and
 * whoever holds one from before, of a write that may have been lost, has to list again. The epochs of leaders are
 * moved for the same reason.
 */
export async function continueLineage(client: ClientBase, listener: LineageListener): Promise<void> {
  const servers = await readServers(client, listener);
  if (!servers || servers.current === servers.known) return;
  if (servers.known === null) {
    await client.query('UPDATE meta SET server = $1 WHERE server IS NULL', [servers.current]);
    return;
  }
  const { rows } = await client.query<{ rv: string }>(
    `WITH jump AS MATERIALIZED (SELECT 1 + ceil(random() * ${SPREAD})::bigint AS jumps),
     moved AS (
       UPDATE meta SET server = $1, lineage = gen_random_uuid(),
         rv = (rv / ${JUMP} + jumps) * ${JUMP}, compacted = (rv / ${JUMP} + jumps) * ${JUMP}
       FROM jump WHERE server = $2 RETURNING rv
     ),
     fenced AS (
       UPDATE leader SET epoch = (epoch / ${JUMP} + jumps) * ${JUMP}, expires_at = '-infinity' FROM moved, jump
     )
     SELECT rv FROM moved`,
    [servers.current, servers.known],
  );
  // No row: another connection was first.
  if (!rows[0]) return continueLineage(client, listener);
  listener.changed({ previousServer: servers.known, server: servers.current, revision: Number(rows[0].rv) });
}

/** undefined: there is nothing to compare, as before the migration that brings it, or nothing to compare with. */
async function readServers(
  client: ClientBase,
  listener: LineageListener,
): Promise<{ current: string; known: string | null } | undefined> {
  try {
    const { rows } = await client.query<{ current: string; known: string | null }>(
      `SELECT server AS known, ${SERVER} AS current FROM meta`,
    );
    return rows[0];
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code === NO_COLUMN) return undefined;
    if (!noAnswer.has(error.code)) throw error;
    listener.unknown(error.message);
    return undefined;
  }
}

/** Undefined column: a database of the release before, which is not migrated yet. */
const NO_COLUMN = '42703';
/** Not allowed, not supported, no such function. */
const noAnswer = new Set<string | undefined>(['42501', '0A000', '42883']);
