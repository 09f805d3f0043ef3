import { decodeFromControlPlane, encodeFromControlPlane, type Credentials } from '#libs/control-protocol';
import type { Entry } from '#libs/routing-table';

/** What a data plane needs to serve without a control plane. */
export interface Snapshot {
  readonly credentials: Credentials;
  readonly revision: number;
  readonly version: string;
  readonly schemaVersion: number;
  readonly entries: Iterable<Entry>;
}

const ENTRIES_A_PIECE = 500;

/**
 * The snapshot as the frames that would have brought it, each after its u32 length: credentials, then full tables of at
 * most 500 entries each, which together are the table.
 */
export function* encodeSnapshot(snapshot: Snapshot): IterableIterator<Uint8Array> {
  yield framed(encodeFromControlPlane(snapshot.credentials));
  const { revision, version, schemaVersion, entries } = snapshot;
  const head = { type: 'full', nonce: 1, traceParents: [], revision, version, schemaVersion } as const;
  let piece: Entry[] = [];
  let pieces = 0;
  for (const entry of entries) {
    piece.push(entry);
    if (piece.length < ENTRIES_A_PIECE) continue;
    yield framed(encodeFromControlPlane({ ...head, entries: piece }));
    pieces += 1;
    piece = [];
  }
  if (piece.length > 0 || pieces === 0) yield framed(encodeFromControlPlane({ ...head, entries: piece }));
}

/** Throws a FrameError or an Error if the bytes are not a snapshot. */
export function decodeSnapshot(bytes: Buffer): Snapshot {
  let credentials: Credentials | undefined;
  let table: Omit<Snapshot, 'credentials' | 'entries'> | undefined;
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    const message = decodeFromControlPlane(bytes.subarray(start, at));
    if (message.type === 'credentials') credentials = message;
    if (message.type === 'full') {
      const { revision, version, schemaVersion } = message;
      table = { revision, version, schemaVersion };
      entries.push(...message.entries);
    }
  }
  if (!credentials || !table) throw new Error('it holds no table');
  return { credentials, ...table, entries };
}

function framed(frame: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}
