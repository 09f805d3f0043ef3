import { createHash } from 'node:crypto';
import { canonicalJson } from '#libs/routing-table';
import type { AuditRow } from './audit.entity.js';

/**
 * SHA-256 over the row's canonical JSON, the hash of the row before included: a row that is altered, removed or moved
 * breaks the chain at that row. Times count in milliseconds, bytes are hex.
 */
export function auditHash(row: Omit<AuditRow, 'hash'>): Buffer {
  return createHash('sha256')
    .update(
      canonicalJson({
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
      }),
    )
    .digest();
}
