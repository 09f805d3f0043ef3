import type { FieldChange } from '#libs/apimachinery';
import type { AdminClient } from './admin-client.js';

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly verb: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly revision: number;
  readonly changes: readonly FieldChange[];
  readonly sourceAddress: string;
  readonly traceId: string;
}

export interface AuditQuery {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly actor?: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

export type AuditVerification =
  | { readonly valid: true; readonly rows: number }
  | { readonly valid: false; readonly rows: number; readonly badRow: number; readonly reason: string };

/** Newest first. */
export async function listAudit(client: AdminClient, query: AuditQuery): Promise<AuditEntry[]> {
  const { items } = await client.json<{ items: AuditEntry[] }>({
    path: '/audit',
    query: { ...query, limit: String(query.limit) },
  });
  return items;
}

export function verifyAudit(client: AdminClient): Promise<AuditVerification> {
  return client.json<AuditVerification>({ path: '/audit/verify' });
}
