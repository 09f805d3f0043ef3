import type { FieldChange } from '#libs/apimachinery';
import { CliError } from '../cli-error.js';
import { printable } from '../output/style.js';
import type { AdminClient } from './admin-client.js';

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly verb: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** '': the object itself. */
  readonly subresource: string;
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
  | { readonly valid: true; readonly rows: number; readonly unkeyedRows: number; readonly head: number }
  | { readonly valid: false; readonly rows: number; readonly badRow: number; readonly reason: string };

/** The end of the audit's chain, as it was exported. All of it is text that may be shown. */
export interface AuditHead {
  readonly id: number;
  readonly hash: string;
  readonly key: string;
  readonly mac: string;
}

export interface VerificationProgress {
  readonly rows: number;
  readonly row: number;
  readonly head: number;
}

/** Newest first. */
export async function listAudit(client: AdminClient, query: AuditQuery): Promise<AuditEntry[]> {
  const { items } = await client.json<{ items: AuditEntry[] }>({
    path: '/audit',
    query: { ...query, limit: String(query.limit) },
  });
  return items;
}

export function auditHead(client: AdminClient): Promise<AuditHead> {
  return client.json<AuditHead>({ path: '/audit/head' });
}

/** `from`: an exported head to go on from. Throws a CliError where the server ends without an outcome. */
export async function verifyAudit(
  client: AdminClient,
  from: AuditHead | undefined,
  onProgress: (progress: VerificationProgress) => void,
): Promise<AuditVerification> {
  const query = from && { headId: String(from.id), headHash: from.hash, headMac: from.mac };
  for await (const line of await client.lines({ path: '/audit/verify', query })) {
    const message = JSON.parse(line) as
      AuditVerification | { readonly progress: VerificationProgress } | { readonly error: string };
    if ('error' in message) throw new CliError(`The verification broke off: ${printable(message.error)}`);
    if ('progress' in message) onProgress(message.progress);
    else return message;
  }
  throw new CliError('The verification broke off: the server ended the answer before its outcome.', {
    hints: ['Run it again; the log of the control plane has the cause.'],
  });
}
