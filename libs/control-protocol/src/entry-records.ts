import { entryKinds, type Entry, type EntryKind, type EntryName } from '#libs/routing-table';
import type { ByteReader } from './byte-reader.js';
import { FrameError } from './frame-error.js';

/** A record: u8 length and kind, u32 length and key, and for an entry u32 length and bytes. Integers are big-endian. */
export function writeEntries(entries: readonly Entry[]): Buffer {
  const size = entries.reduce((sum, entry) => sum + nameSize(entry) + 4 + entry.bytes.length, 0);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const entry of entries) {
    at = writeName(buffer, at, entry);
    at = buffer.writeUInt32BE(entry.bytes.length, at);
    buffer.set(entry.bytes, at);
    at += entry.bytes.length;
  }
  return buffer;
}

export function writeNames(names: readonly EntryName[]): Buffer {
  const buffer = Buffer.allocUnsafe(names.reduce((sum, name) => sum + nameSize(name), 0));
  names.reduce((at, name) => writeName(buffer, at, name), 0);
  return buffer;
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

function nameSize({ kind, key }: EntryName): number {
  return SMALLEST_NAME + kind.length + Buffer.byteLength(key);
}

/** Returns where the name ends. */
function writeName(buffer: Buffer, start: number, { kind, key }: EntryName): number {
  let at = buffer.writeUInt8(kind.length, start);
  at += buffer.write(kind, at, 'latin1');
  const keyLength = buffer.write(key, at + 4, 'utf8');
  buffer.writeUInt32BE(keyLength, at);
  return at + 4 + keyLength;
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
