import type { QueryRunner } from 'typeorm';
import { queryPrepared } from '../database/transaction.js';
import { auditHash } from './audit-chain.js';
import type { AuditKeys } from './audit-keys.js';
import type { AuditRow } from './audit.entity.js';

/** A row of the audit before it has its place in the chain. */
export type AuditEntry = Omit<AuditRow, 'id' | 'at' | 'revision' | 'previousHash' | 'hash'>;

/**
 * Audits in the caller's transaction what is no write of an object, and so has no revision of its own: the row names the
 * last one before it. Holds the row of `meta`, for which every write waits, until the transaction ends.
 */
export async function appendAudit(queryRunner: QueryRunner, entry: AuditEntry, keys: AuditKeys): Promise<void> {
  const [meta] = await queryPrepared<{ rv: string; audit_id: string; audit_hash: Buffer; at: Date }>(
    queryRunner,
    'take-audit-id',
    `UPDATE meta SET audit_id = audit_id + 1
     RETURNING rv, audit_id, audit_hash, date_trunc('milliseconds', clock_timestamp()) AS at`,
    [],
  );
  if (!meta) throw new Error('the meta row is missing: this database is damaged');
  const row = {
    ...entry,
    id: Number(meta.audit_id),
    at: meta.at,
    revision: Number(meta.rv),
    previousHash: meta.audit_hash,
  };
  const hash = auditHash(row, keys);
  await queryRunner.query(INSERT, [
    row.id,
    row.at,
    row.actor,
    JSON.stringify(row.actorGroups),
    row.verb,
    row.apiGroup,
    row.kind,
    row.namespace,
    row.name,
    row.subresource,
    row.uid,
    row.generation,
    row.revision,
    JSON.stringify(row.changes),
    row.sourceAddress,
    row.userAgent,
    row.traceId,
    row.previousHash,
    hash,
  ]);
  await queryRunner.query('UPDATE meta SET audit_hash = $1', [hash]);
}

const INSERT = `INSERT INTO audit (id, at, actor, actor_groups, verb, api_group, kind, namespace, name, subresource, uid,
    generation, revision, changes, source_address, user_agent, trace_id, previous_hash, hash)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`;
