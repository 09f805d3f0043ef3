import { BUCKET_COUNT, BucketedMap } from './bucketed-map.js';
import type { TableDelta } from './diff.js';
import { DIGEST_BYTES, TableDigest } from './digest.js';
import type { Entry, EntryKind } from './entries.js';
import { entryId, entryName } from './names.js';

/** What makes the next table of one, as a compile says it. */
export interface TableStep extends TableDelta {
  readonly revision: number;
  readonly version: string;
  /** Of the table that comes out (see `TableDigest`). */
  readonly bucketDigests: Uint8Array;
  /** `upserts` is the whole table: what isn't among them goes. */
  readonly reset?: boolean;
}

/**
 * A routing table as a value: what was compiled at a log position. Immutable; the next one shares every bucket that its
 * step doesn't touch, so many versions side by side cost what they differ by. It hashes nothing: version and bucket
 * digests come with each step from where the table was compiled, and whoever receives entries verifies them.
 */
export class RoutingTable {
  private constructor(
    readonly revision: number,
    readonly version: string,
    readonly bucketDigests: Uint8Array,
    private readonly byId: BucketedMap<Entry>,
  ) {}

  /** Without entries, at a position before any. */
  static empty(): RoutingTable {
    const { version, bucketDigests } = TableDigest.empty();
    return new RoutingTable(0, version, bucketDigests, BucketedMap.empty());
  }

  get size(): number {
    return this.byId.size;
  }

  get(kind: EntryKind, key: string): Entry | undefined {
    return this.byId.get(entryId(kind, key));
  }

  /** In no order. */
  *entries(): IterableIterator<Entry> {
    for (const [, entry] of this.byId.entries()) yield entry;
  }

  /** Entries by id (see `entryId`); undefined: none. */
  bucket(index: number): ReadonlyMap<string, Entry> | undefined {
    return this.byId.bucket(index);
  }

  /** The same table at a later log position. */
  at(revision: number): RoutingTable {
    return new RoutingTable(revision, this.version, this.bucketDigests, this.byId);
  }

  next({ revision, version, bucketDigests, reset, upserts, removals }: TableStep): RoutingTable {
    const editor = this.byId.edit();
    if (reset) {
      const kept = new Set(upserts.map(({ kind, key }) => entryId(kind, key)));
      for (const [id] of this.byId.entries()) if (!kept.has(id)) editor.delete(id);
    }
    for (const { kind, key } of removals) editor.delete(entryId(kind, key));
    for (const entry of upserts) {
      const id = entryId(entry.kind, entry.key);
      const known = editor.get(id);
      // An equal one stays, so that tables on both sides of a reset share it.
      if (known === undefined || !equalBytes(known.bytes, entry.bytes)) editor.set(id, entry);
    }
    return new RoutingTable(revision, version, bucketDigests, editor.freeze());
  }
}

/**
 * What leads from one table to another, both lists sorted by entry id. Looks into the buckets whose digests differ and no
 * others, so it costs what the tables differ by, however far apart they are.
 */
export function tableDelta(from: RoutingTable, to: RoutingTable): TableDelta {
  const upserts = new Map<string, Entry>();
  const removals: string[] = [];
  for (let index = 0; index < BUCKET_COUNT; index++) {
    if (equalBytes(bucketDigest(from, index), bucketDigest(to, index))) continue;
    const before = from.bucket(index);
    const after = to.bucket(index);
    for (const [id, entry] of after ?? []) {
      const known = before?.get(id);
      if (known === entry || (known !== undefined && equalBytes(known.bytes, entry.bytes))) continue;
      upserts.set(id, entry);
    }
    for (const id of before?.keys() ?? []) if (!after?.has(id)) removals.push(id);
  }
  return {
    upserts: [...upserts.keys()].sort().map((id) => upserts.get(id)!),
    removals: removals.sort().map(entryName),
  };
}

function bucketDigest({ bucketDigests }: RoutingTable, index: number): Uint8Array {
  return bucketDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}
