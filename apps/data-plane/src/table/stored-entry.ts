import type { Entry, EntryKind, EntryTypes } from '#libs/routing-table';

/**
 * An entry as the data plane holds it: bytes, and from its first use on also the parsed value. Tables share the entries
 * that a change left alone, so a swap loses no parsed value that is still right.
 */
export class StoredEntry<Kind extends EntryKind = EntryKind> implements Entry {
  private parsed: EntryTypes[Kind] | undefined;

  constructor(
    readonly kind: Kind,
    readonly key: string,
    readonly bytes: Uint8Array,
  ) {}

  /** Never throws in a table that was prepared: preparing parses every entry once (and drops what it parsed). */
  get value(): EntryTypes[Kind] {
    this.parsed ??= this.parse();
    return this.parsed;
  }

  /** As `value`, for those who go over a whole table: what no request has used yet isn't kept parsed for them. */
  get glance(): EntryTypes[Kind] {
    return this.parsed ?? this.parse();
  }

  /** Throws a SyntaxError unless the bytes are JSON. */
  parse(): EntryTypes[Kind] {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as EntryTypes[Kind];
  }
}
