import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '#libs/routing-table';
import type { AuditKeys } from './audit-keys.js';
import type { AuditRow } from './audit.entity.js';

/**
 * A keyed digest (HMAC-SHA-256) over every column of the row, the hash of the row before included: a row that is altered,
 * removed or moved breaks the chain at that row, and without the key nobody can make one that doesn't.
 */
export function auditHash(row: Omit<AuditRow, 'hash'>, keys: AuditKeys): Buffer {
  return createHmac('sha256', keys.chain).update(hashedText(row)).digest();
}

/** Of rows from before the audit had a key: anyone can compute it. What the first keyed row follows from, it seals. */
export function unkeyedAuditHash(row: Omit<AuditRow, 'hash'>): Buffer {
  return createHash('sha256').update(hashedText(row)).digest();
}

/** Times count in milliseconds, bytes are hex. */
function hashedText(row: Omit<AuditRow, 'hash'>): Uint8Array {
  return canonicalJson({
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    actorGroups: row.actorGroups,
    verb: row.verb,
    apiGroup: row.apiGroup,
    kind: row.kind,
    namespace: row.namespace,
    name: row.name,
    subresource: row.subresource,
    uid: row.uid,
    generation: row.generation,
    revision: row.revision,
    changes: row.changes,
    sourceAddress: row.sourceAddress,
    userAgent: row.userAgent,
    traceId: row.traceId,
    previousHash: row.previousHash.toString('hex'),
  });
}
