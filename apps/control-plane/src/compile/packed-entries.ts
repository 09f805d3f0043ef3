import { entryId, entryName, type Entry } from '#libs/routing-table';

/**
 * Entries as they go from one thread to another: one buffer for many, which moves instead of being copied, because a
 * transfer costs by the buffer and a copy by the object.
 */
export interface PackedEntries {
  /** See `entryId`. */
  readonly ids: readonly string[];
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Whoever keeps one entry keeps the buffer that it came in: what others of it are gone or replaced. This much of it, at
 * most; a greater entry has its own.
 */
const PACK_BYTES = 64 * 1024;

export function packEntries(entries: readonly Entry[]): PackedEntries[] {
  const packs: PackedEntries[] = [];
  let pack: Entry[] = [];
  let size = 0;
  for (const entry of entries) {
    if (pack.length > 0 && size + entry.bytes.length > PACK_BYTES) {
      packs.push(packed(pack, size));
      [pack, size] = [[], 0];
    }
    pack.push(entry);
    size += entry.bytes.length;
  }
  if (pack.length > 0) packs.push(packed(pack, size));
  return packs;
}

export function unpackEntries(packs: readonly PackedEntries[]): Entry[] {
  return packs.flatMap(({ ids, lengths, bytes }) => {
    let at = 0;
    return ids.map((id, index) => {
      const start = at;
      at += lengths[index]!;
      return { ...entryName(id), bytes: bytes.subarray(start, at) };
    });
  });
}

function packed(entries: readonly Entry[], size: number): PackedEntries {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const entry of entries) {
    bytes.set(entry.bytes, at);
    at += entry.bytes.length;
  }
  return {
    ids: entries.map(({ kind, key }) => entryId(kind, key)),
    lengths: entries.map((entry) => entry.bytes.length),
    bytes,
  };
}
