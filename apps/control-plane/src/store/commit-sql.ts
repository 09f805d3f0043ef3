import type { PoolClient } from 'pg';
import type { AuditKeys } from '../audit/audit-keys.js';
import type { AuditRow } from '../audit/audit.entity.js';
import { chainAudit, type CommitPoint, type PreparedRow } from './commit-rows.js';

/** NOTIFY channel. The payload is the revision alone, and no more than a hint: the log is the truth. */
export const LOG_CHANNEL = 'signalbox_log';

/** What one request writes: readers of the log are given it whole, whatever else was committed with it. */
export interface RequestRows {
  readonly rows: readonly PreparedRow[];
  readonly traceParent: string;
}

/** Takes the revision counter, the last lock of a transaction. Whoever holds it decides the commit order. */
export async function takeRevisions(client: PoolClient, rows: readonly PreparedRow[]): Promise<CommitPoint> {
  const audited = rows.filter((row) => row.audit).length;
  const taken = await client.query<{ rv: string; audit_id: string; audit_hash: Buffer; lineage: string; at: Date }>({
    name: 'take-revisions',
    text: `UPDATE meta SET rv = rv + $1, audit_id = audit_id + $2
     RETURNING rv, audit_id, audit_hash, lineage, date_trunc('milliseconds', clock_timestamp()) AS at`,
    values: [rows.length, audited],
  });
  const [meta] = taken.rows;
  if (!meta) throw new Error('the meta row is missing: this database is damaged');
  return {
    firstRevision: Number(meta.rv) - rows.length + 1,
    at: meta.at,
    lineage: meta.lineage,
    auditId: Number(meta.audit_id) - audited,
    auditHash: meta.audit_hash,
  };
}

/**
 * Objects, log, revisions, audit and the wake-up in one statement, so that the counter is held for one round trip more.
 * Fails before it sends anything, or sends the whole: a COMMIT may follow at once. The state before comes from `object` itself: this statement sees it as it was before its own writes.
 */
export function writeRows(
  client: PoolClient,
  requests: readonly RequestRows[],
  point: CommitPoint,
  auditKeys: AuditKeys,
): Promise<unknown> {
  const rows = requests.flatMap((request) => request.rows);
  const lastRevision = point.firstRevision + rows.length - 1;
  const audit = chainAudit(rows, point, auditKeys);
  const column = <T>(read: (row: PreparedRow, index: number) => T): T[] => rows.map(read);
  const auditOf = new Map(audit.map((row) => [row.revision, row]));
  const auditColumn = <T>(read: (row: AuditRow) => T): (T | null)[] =>
    column((_row, index) => {
      const row = auditOf.get(point.firstRevision + index);
      return row ? read(row) : null;
    });
  return client.query({
    ...(audit.length > 0 ? { name: 'write-audited', text: WITH_AUDIT } : { name: 'write', text: WITHOUT_AUDIT }),
    values: [
      LOG_CHANNEL,
      lastRevision,
      point.at,
      column((_row, index) => point.firstRevision + index),
      lastRevisions(requests, point.firstRevision),
      requests.flatMap((request) => request.rows.map(() => request.traceParent)),
      column(({ effect }) => effect.transition.type),
      column(({ effect }) => effect.place.kind.group),
      column(({ effect }) => effect.place.kind.kind),
      column(({ effect }) => effect.place.namespace),
      column(({ effect }) => effect.place.name),
      column(({ effect }) => effect.place.uid),
      column(({ effect }) => effect.write.subresource ?? null),
      column(({ object }) => object),
      column(({ revision }) => revision !== undefined),
      column(({ revision }) => revision?.object ?? null),
      column(({ effect }) => effect.transition.object.metadata.generation ?? 1),
      ...(audit.length > 0
        ? [
            audit.at(-1)?.hash,
            auditColumn((row) => row.id),
            auditColumn((row) => row.actor),
            auditColumn((row) => JSON.stringify(row.actorGroups)),
            auditColumn((row) => row.verb),
            auditColumn((row) => JSON.stringify(row.changes)),
            auditColumn((row) => row.sourceAddress),
            auditColumn((row) => row.userAgent),
            auditColumn((row) => row.traceId),
            auditColumn((row) => row.previousHash),
            auditColumn((row) => row.hash),
          ]
        : []),
    ],
  });
}

/** Of each row the last revision of its request. */
function lastRevisions(requests: readonly RequestRows[], firstRevision: number): number[] {
  let last = firstRevision - 1;
  return requests.flatMap(({ rows }) => {
    last += rows.length;
    return rows.map(() => last);
  });
}

const ARRAYS = `
      $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[],
      $13::text[], $14::json[], $15::boolean[], $16::json[], $17::bigint[]`;
const COLUMNS = `rv, last_rv, trace_parent, type, api_group, kind, namespace, name, uid, subresource, object, keep, revision, generation`;

/** What is audited of a row stands beside it: to join the two, no index helps, so every row would be looked at for each. */
const AUDIT_ARRAYS = `
      $19::bigint[], $20::text[], $21::json[], $22::text[], $23::json[], $24::text[], $25::text[], $26::text[],
      $27::bytea[], $28::bytea[]`;
const AUDIT_COLUMNS = `audit_id, actor, actor_groups, verb, changes, source_address, user_agent, trace_id, previous_hash, hash`;

const input = (arrays: string, columns: string): string =>
  `input AS MATERIALIZED (SELECT * FROM unnest(${arrays}) AS t (${columns}))`;

const ROWS = `
  saved AS (
    INSERT INTO object (api_group, kind, namespace, name, uid, rv, object)
    SELECT api_group, kind, namespace, name, uid, rv, object FROM input WHERE type <> 'DELETED'
    ON CONFLICT (api_group, kind, namespace, name) DO UPDATE
      SET uid = excluded.uid, rv = excluded.rv, object = excluded.object
  ),
  removed AS (
    DELETE FROM object USING input
    WHERE input.type = 'DELETED' AND object.api_group = input.api_group AND object.kind = input.kind
      AND object.namespace = input.namespace AND object.name = input.name
  ),
  logged AS (
    INSERT INTO object_log (rv, last_rv, type, api_group, kind, namespace, name, uid, subresource, object, prev, prev_rv, trace_parent, at)
    SELECT i.rv, i.last_rv, i.type, i.api_group, i.kind, i.namespace, i.name, i.uid, i.subresource, i.object,
           before.object, before.rv, i.trace_parent, $3::timestamptz
    FROM input AS i LEFT JOIN object AS before ON before.api_group = i.api_group AND before.kind = i.kind
      AND before.namespace = i.namespace AND before.name = i.name
  ),
  kept AS (
    INSERT INTO object_revision (rv, api_group, kind, namespace, name, uid, generation, at, object)
    SELECT rv, api_group, kind, namespace, name, uid, generation, $3::timestamptz, revision FROM input WHERE keep
  )`;

const AUDIT = `
  audited AS (
    INSERT INTO audit (id, at, actor, actor_groups, verb, api_group, kind, namespace, name, subresource, uid, generation,
                       revision, changes, source_address, user_agent, trace_id, previous_hash, hash)
    SELECT audit_id, $3::timestamptz, actor, actor_groups, verb, api_group, kind, namespace, name, coalesce(subresource, ''), uid,
           generation, rv, changes, source_address, user_agent, trace_id, previous_hash, hash
    FROM input WHERE audit_id IS NOT NULL
  ),
  head AS (UPDATE meta SET audit_hash = $18::bytea)`;

const WITHOUT_AUDIT = `WITH ${input(ARRAYS, COLUMNS)}, ${ROWS} SELECT pg_notify($1, $2::bigint::text)`;
const WITH_AUDIT = `WITH ${input(`${ARRAYS}, ${AUDIT_ARRAYS}`, `${COLUMNS}, ${AUDIT_COLUMNS}`)}, ${ROWS}, ${AUDIT} SELECT pg_notify($1, $2::bigint::text)`;
