import type { PoolClient } from 'pg';
import type { ObjectKey } from './object-store.js';
import { STORED_COLUMNS, type StoredRow } from './stored-object.js';

/** What stands for an object among locks. */
export const lockKeyOf = ({ kind, namespace, name }: ObjectKey): string =>
  keyOf(kind.group, kind.kind, namespace, name);

const keyOf = (group: string, kind: string, namespace: string, name: string): string =>
  `${group}/${kind}/${namespace}/${name}`;

/**
 * In one order for all, absent objects too, and by hash, not by key: two keys of one hash must not let two transactions
 * wait for each other.
 */
export async function lockKeys(client: PoolClient, keys: readonly string[]): Promise<void> {
  await client.query({
    name: 'lock-keys',
    text: `SELECT pg_advisory_xact_lock(hash) FROM (
       SELECT DISTINCT hashtextextended(key, 0) AS hash FROM unnest($1::text[]) AS key ORDER BY hash OFFSET 0
     ) AS sorted`,
    values: [keys],
  });
}

/**
 * What is stored of these, and where the log stands. A statement of its own, so that it sees what was committed while the
 * locks were waited for.
 */
export async function readStored(
  client: PoolClient,
  wanted: readonly ObjectKey[],
): Promise<{ readonly stored: ReadonlyMap<string, StoredRow>; readonly revision: number }> {
  const { rows } = await client.query<Partial<StoredRow> & { readonly head: string }>({
    name: 'read-stored',
    text: `SELECT meta.rv AS head, found.* FROM meta LEFT JOIN (
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
