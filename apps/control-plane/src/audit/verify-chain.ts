import { auditHash } from './audit-chain.js';
import type { AuditRow } from './audit.entity.js';

/** A row by its id and hash: where the chain starts and has to end is recorded outside the audit table. */
export interface ChainLink {
  readonly id: number;
  readonly hash: Buffer;
}

/** `badRow`: the first row that isn't what was written, or isn't there. */
export type Verification =
  | { readonly valid: true; readonly rows: number }
  | { readonly valid: false; readonly rows: number; readonly badRow: number; readonly reason: string };

/**
 * From the row after `start` (the newest that expired) to `head` (the last that was committed). `batchAfter` yields rows by
 * rising id, none when there are no more. `rows` counts those that were found good.
 */
export async function verifyChain(
  start: ChainLink,
  head: ChainLink,
  batchAfter: (id: number) => Promise<readonly AuditRow[]>,
): Promise<Verification> {
  let previous = start;
  let rows = 0;
  const bad = (badRow: number, reason: string): Verification => ({ valid: false, rows, badRow, reason });
  for (;;) {
    const batch = await batchAfter(previous.id);
    if (batch.length === 0) break;
    for (const row of batch) {
      if (row.id !== previous.id + 1) return bad(previous.id + 1, 'the row is missing');
      if (!row.previousHash.equals(previous.hash)) return bad(row.id, 'it does not follow from the row before it');
      if (!row.hash.equals(auditHash(row))) return bad(row.id, 'its content does not match its hash');
      if (row.id > head.id) return bad(row.id, 'it was added outside of a commit');
      previous = { id: row.id, hash: row.hash };
      rows += 1;
    }
  }
  if (previous.id < head.id) return bad(previous.id + 1, 'the row is missing: the end of the audit was cut off');
  if (!previous.hash.equals(head.hash)) return bad(previous.id, 'it is not the row that the last commit wrote');
  return { valid: true, rows };
}
