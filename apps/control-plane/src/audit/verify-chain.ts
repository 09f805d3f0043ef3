import type { AuditKeys } from './audit-keys.js';
import { auditHash, unkeyedAuditHash } from './audit-chain.js';
import type { AuditRow } from './audit.entity.js';
import type { ChainLink } from './chain-link.js';

/** What stands about the chain outside of it. */
export interface ChainRecord {
  /** The newest row that has expired; id 0: none has. */
  readonly start: ChainLink;
  /** Vouches for `start` and `keyedFrom`: without it, rows could be cut off before their time, or written anew. */
  readonly startMac: Buffer | null;
  /** The last row that was committed. */
  readonly head: ChainLink;
  /** The first row whose hash is keyed; null: none was ever written. */
  readonly keyedFrom: number | null;
}

/** Where the rows come from: each call is a short read of its own. */
export interface ChainSource {
  record(): Promise<ChainRecord>;
  /** By rising id, up to `lastId`; none when there are no more. */
  rowsAfter(id: number, lastId: number): Promise<readonly AuditRow[]>;
  /** A row after the head, or not after the start, as one snapshot has all of them: whoever lists the audit would see it. */
  rowOutside(): Promise<number | undefined>;
}

/** `badRow`: the first row that isn't what was written, or isn't there. `rows` counts those that were found good. */
export type Verification =
  | {
      readonly valid: true;
      readonly rows: number;
      /** Of `rows`, those from before the audit had a key: they are no more than what the first keyed row follows from. */
      readonly unkeyedRows: number;
      /** The row up to which it was verified. */
      readonly head: number;
    }
  | { readonly valid: false; readonly rows: number; readonly badRow: number; readonly reason: string };

/** How far it is: rows found good, and the row that it goes up to. */
export interface VerificationProgress {
  readonly rows: number;
  readonly row: number;
  readonly head: number;
}

export interface VerifyOptions {
  readonly keys: AuditKeys;
  readonly source: ChainSource;
  /** An exported head to go on from, instead of the oldest row. */
  readonly from?: ChainLink;
}

/**
 * Walks the chain up to the head that it had when it began, a page at a time, while rows are written and expire. A keyed
 * row can't be made without the key; so what is found is what was written, but for rows at the end that were cut off
 * together with the record of the head, which only a head that was kept elsewhere can show.
 */
export async function* verifyChain({
  keys,
  source,
  from,
}: VerifyOptions): AsyncGenerator<VerificationProgress, Verification> {
  let record = await source.record();
  const { head, keyedFrom } = record;
  let rows = 0;
  let unkeyedRows = 0;
  const bad = (badRow: number, reason: string): Verification => ({ valid: false, rows, badRow, reason });

  if (keyedFrom === null || keyedFrom > head.id) return bad(head.id + 1, 'no row is keyed, though the audit has a key');
  if (!recordIsGenuine(record, keys)) return bad(record.start.id + 1, MOVED_START);
  if (from && from.id > head.id) return bad(head.id + 1, `the row is missing: the audit went on to row ${from.id}`);
  if (from && from.id < record.start.id) return bad(from.id + 1, 'it has expired: verify without the exported head');
  let previous: ChainLink = from ?? record.start;
  while (previous.id < head.id) {
    const page = await source.rowsAfter(previous.id, head.id);
    if (page[0]?.id !== previous.id + 1) {
      // Rows may have expired since the start was read; then the chain goes on from a later one.
      record = await source.record();
      if (record.start.id <= previous.id) return bad(previous.id + 1, missing(page));
      if (!recordIsGenuine(record, keys)) return bad(record.start.id + 1, MOVED_START);
      previous = record.start;
      continue;
    }
    for (const row of page) {
      const fault = faultOf(row, { previous, keyedFrom, keys });
      if (fault) return bad(fault.badRow, fault.reason);
      previous = { id: row.id, hash: row.hash };
      rows += 1;
      if (row.id < keyedFrom) unkeyedRows += 1;
    }
    yield { rows, row: previous.id, head: head.id };
  }
  if (previous.id === head.id && !previous.hash.equals(head.hash)) {
    return bad(head.id, 'it is not the row that the last commit wrote');
  }
  const outside = await source.rowOutside();
  if (outside !== undefined) return bad(outside, 'it was added outside of a commit');
  return { valid: true, rows, unkeyedRows, head: head.id };
}

/** What keeps a row from being the one that was written after `previous`; undefined: nothing. */
export function faultOf(
  row: AuditRow,
  { previous, keyedFrom, keys }: { previous: ChainLink; keyedFrom: number; keys: AuditKeys },
): { readonly badRow: number; readonly reason: string } | undefined {
  if (row.id !== previous.id + 1) return { badRow: previous.id + 1, reason: 'the row is missing' };
  if (!row.previousHash.equals(previous.hash)) {
    return { badRow: row.id, reason: 'it does not follow from the row before it' };
  }
  const hash = row.id >= keyedFrom ? auditHash(row, keys) : unkeyedAuditHash(row);
  return row.hash.equals(hash) ? undefined : { badRow: row.id, reason: 'its content does not match its hash' };
}

export const MOVED_START =
  'where the audit starts, or its first keyed row, is not what was recorded: rows were removed before their time, or written anew';
const missing = (page: readonly AuditRow[]): string =>
  page.length === 0 ? 'the row is missing: the end of the audit was cut off' : 'the row is missing';

export function recordIsGenuine(
  { start, startMac, keyedFrom }: Pick<ChainRecord, 'start' | 'startMac' | 'keyedFrom'>,
  keys: AuditKeys,
): boolean {
  return startMac !== null && keyedFrom !== null && keys.macOfStart(start, keyedFrom).equals(startMac);
}
