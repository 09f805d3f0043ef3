import { entryKinds, type Entry, type EntryKind, type EntryName } from '#libs/routing-table';
import type { ByteReader } from './byte-reader.js';
import { FrameError } from './frame-error.js';

/** A record: u8 length and kind, u32 length and key, and for an entry u32 length and bytes. Integers are big-endian. */
export function writeEntries(entries: readonly Entry[]): Uint8Array[] {
  return entries.flatMap((entry) => [...writeName(entry), uint32(entry.bytes.length), entry.bytes]);
}

export function writeNames(names: readonly EntryName[]): Uint8Array[] {
  return names.flatMap(writeName);
}

export function readEntries(reader: ByteReader, count: number): Entry[] {
  refuseImpossible(reader, count, SMALLEST_NAME + 4);
  return Array.from({ length: count }, () => {
    const { kind, key } = readName(reader);
    return { kind, key, bytes: reader.bytes(reader.uint32('length of an entry'), `${kind} ${key}`) };
  });
}

export function readNames(reader: ByteReader, count: number): EntryName[] {
  refuseImpossible(reader, count, SMALLEST_NAME);
  return Array.from({ length: count }, () => readName(reader));
}

const SMALLEST_NAME = 5;
const knownKinds: ReadonlySet<string> = new Set(entryKinds);

function writeName({ kind, key }: EntryName): Uint8Array[] {
  const keyBytes = Buffer.from(key);
  return [Buffer.from([kind.length]), Buffer.from(kind), uint32(keyBytes.length), keyBytes];
}

function readName(reader: ByteReader): EntryName {
  const kind = reader.text(reader.uint8('length of a kind'), 'kind of an entry');
  if (!knownKinds.has(kind)) throw new FrameError('an entry has a kind that is unknown here');
  return { kind: kind as EntryKind, key: reader.text(reader.uint32('length of a key'), `key of a ${kind}`) };
}

/** A count comes before its records: one that can't fit must not make us allocate. */
function refuseImpossible(reader: ByteReader, count: number, smallest: number): void {
  if (count * smallest > reader.left) throw new FrameError(`${count} records can't fit into ${reader.left} bytes`);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
