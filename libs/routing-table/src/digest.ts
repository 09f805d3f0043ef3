import { hash } from 'node:crypto';
import { BUCKET_COUNT, BucketedMap, type BucketedMapEditor } from './bucketed-map.js';
import { SCHEMA_VERSION, type Entry, type EntryName } from './entries.js';
import { entryId } from './names.js';

/** SHA-256 of kind, key and bytes. Kind and key are preceded by their lengths, so no two entries share a preimage. */
export function entryDigest(entry: Entry): Buffer {
  const kind = Buffer.from(entry.kind);
  const key = Buffer.from(entry.key);
  const preimage = Buffer.allocUnsafe(8 + kind.length + key.length + entry.bytes.length);
  preimage.writeUInt32BE(kind.length, 0);
  kind.copy(preimage, 4);
  preimage.writeUInt32BE(key.length, 4 + kind.length);
  key.copy(preimage, 8 + kind.length);
  preimage.set(entry.bytes, 8 + kind.length + key.length);
  return hash('sha256', preimage, 'buffer');
}

/**
 * The digests of a table's entries, its buckets and the whole. Immutable: an edit recomputes the buckets that it touches
 * and shares the rest, so a delta costs what it changes and gives the same version as a full computation would.
 */
export class TableDigest {
  /** Lower-case hex: SHA-256 of the schema version and all bucket digests. */
  readonly version: string;

  private constructor(
    readonly schemaVersion: number,
    private readonly entries: BucketedMap<Buffer>,
    /** One after the other, `DIGEST_BYTES` each. Never written to. */
    readonly bucketDigests: Uint8Array,
  ) {
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32BE(schemaVersion, 0);
    this.version = hash('sha256', Buffer.concat([head, bucketDigests]), 'hex');
  }

  static empty(schemaVersion: number = SCHEMA_VERSION): TableDigest {
    const empty = BucketedMap.empty<Buffer>();
    const bucketDigests = Buffer.alloc(BUCKET_COUNT * DIGEST_BYTES, bucketDigest(undefined));
    return new TableDigest(schemaVersion, empty, bucketDigests);
  }

  static of(entries: Iterable<Entry>, schemaVersion: number = SCHEMA_VERSION): TableDigest {
    const editor = TableDigest.empty(schemaVersion).edit();
    for (const entry of entries) editor.put(entry);
    return editor.commit();
  }

  get size(): number {
    return this.entries.size;
  }

  /** Ids of all entries, in no order. */
  *ids(): IterableIterator<string> {
    for (const [id] of this.entries.entries()) yield id;
  }

  edit(): TableDigestEditor {
    return new TableDigestEditor(this.entries.edit(), (editor) => this.with(editor));
  }

  private with(editor: BucketedMapEditor<Buffer>): TableDigest {
    const entries = editor.freeze();
    const bucketDigests = Buffer.from(this.bucketDigests);
    for (const index of editor.touched) {
      bucketDigest(entries.bucket(index)).copy(bucketDigests, index * DIGEST_BYTES);
    }
    return new TableDigest(this.schemaVersion, entries, bucketDigests);
  }
}

/** One hash an entry: a caller with a big table yields to its event loop between calls. */
export class TableDigestEditor {
  /** Made by `TableDigest.edit`. */
  constructor(
    private readonly editor: BucketedMapEditor<Buffer>,
    private readonly finish: (editor: BucketedMapEditor<Buffer>) => TableDigest,
  ) {}

  /** Returns whether the entry is new or differs. */
  put(entry: Entry): boolean {
    const id = entryId(entry.kind, entry.key);
    const digest = entryDigest(entry);
    if (this.editor.get(id)?.equals(digest)) return false;
    this.editor.set(id, digest);
    return true;
  }

  /** Returns whether the entry was there. */
  remove(name: EntryName): boolean {
    return this.editor.delete(entryId(name.kind, name.key));
  }

  commit(): TableDigest {
    return this.finish(this.editor);
  }
}

export const DIGEST_BYTES = 32;

function bucketDigest(bucket: ReadonlyMap<string, Buffer> | undefined): Buffer {
  const ids = bucket ? [...bucket.keys()].sort() : [];
  return hash('sha256', Buffer.concat(ids.map((id) => bucket!.get(id)!)), 'buffer');
}
