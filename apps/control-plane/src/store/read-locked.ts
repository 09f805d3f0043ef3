import type { PoolClient } from 'pg';
import { sessionLimits } from '../database/sessions/limits.js';
import type { ObjectKey } from './object-store.js';
import { STORED_COLUMNS, type StoredRow } from './stored-object.js';

/** What stands for an object among locks. */
export const lockKeyOf = ({ kind, namespace, name }: ObjectKey): string =>
  keyOf(kind.group, kind.kind, namespace, name);

/** The same, of a row. */
export const keyOf = (group: string, kind: string, namespace: string, name: string): string =>
  `${group}/${kind}/${namespace}/${name}`;

/** Somebody else holds one of the keys, and has held it for as long as was to be waited. */
export class KeysHeldError extends Error {
  override readonly name = 'KeysHeldError';
}

/**
 * In one order for all, absent objects too, and by hash, not by key: two keys of one hash must not let two transactions
 * wait for each other. Waits for each up to `waitMs`, then throws a KeysHeldError.
 */
export async function lockKeys(client: PoolClient, keys: readonly string[], waitMs: number): Promise<void> {
  try {
    await client.query({
      name: 'lock-keys',
      text: `SELECT pg_advisory_xact_lock(hash) FROM (
         SELECT DISTINCT hashtextextended(key, 0) AS hash FROM unnest($1::text[]) AS key ORDER BY hash OFFSET 0
       ) AS sorted, (SELECT set_config('lock_timeout', $2, true)) AS patience`,
      values: [keys, String(waitMs)],
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new KeysHeldError('another transaction holds an object that this one writes', { cause: error });
  }
}

/** SQLSTATE after `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Locks what is to be had at once, and returns the others. */
export async function tryKeys(client: PoolClient, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ key: string }>({
    name: 'try-keys',
    text: `SELECT key FROM (
       SELECT key, hashtextextended(key, 0) AS hash FROM unnest($1::text[]) AS key ORDER BY hash OFFSET 0
     ) AS sorted WHERE NOT pg_try_advisory_xact_lock(hash)`,
    values: [keys],
  });
  return new Set(rows.map(({ key }) => key));
}

/**
 * What is stored of these, and where the log stands. A statement of its own, so that it sees what was committed while the
 * locks were waited for. What the transaction locks after this it waits for as usual.
 */
export async function readStored(
  client: PoolClient,
  wanted: readonly ObjectKey[],
): Promise<{ readonly stored: ReadonlyMap<string, StoredRow>; readonly revision: number }> {
  const { rows } = await client.query<Partial<StoredRow> & { readonly head: string }>({
    name: 'read-stored',
    text: `SELECT meta.rv AS head, found.* FROM (SELECT set_config('lock_timeout', '${sessionLimits.lockMs}', true)) AS usual, meta LEFT JOIN (
       SELECT ${STORED_COLUMNS} FROM object
       JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS wanted (api_group, kind, namespace, name)
         USING (api_group, kind, namespace, name)
     ) AS found ON true`,
    values: [
      wanted.map(({ kind }) => kind.group),
      wanted.map(({ kind }) => kind.kind),
      wanted.map(({ namespace }) => namespace),
      wanted.map(({ name }) => name),
    ],
  });
  const found = rows.filter((row): row is StoredRow & { head: string } => row.rv !== null);
  return {
    stored: new Map(found.map((row) => [keyOf(row.api_group, row.kind, row.namespace, row.name), row])),
    revision: Number(rows[0]?.head),
  };
}
