import type { z } from 'zod';
import { ByteReader } from './byte-reader.js';
import { readEntries, readNames, writeEntries, writeNames } from './entry-records.js';
import { FrameError } from './frame-error.js';
import { credentialsPayload, fromControlPlaneHeader, fromDataPlaneHeader } from './headers.js';
import type { FromControlPlane, FromDataPlane } from './messages.js';

/**
 * A frame: u32 header length (big-endian), a JSON header, a payload. Entries and credentials travel in the payload, so
 * that a header stays small and reading one costs the same for a table of any size.
 */
export const MAX_HEADER_BYTES = 1024 * 1024;
/** The largest frame that a data plane takes: about a million entries. */
export const MAX_FRAME_FROM_CONTROL_PLANE_BYTES = 512 * 1024 * 1024;
/** A data plane sends headers only. */
export const MAX_FRAME_FROM_DATA_PLANE_BYTES = MAX_HEADER_BYTES + 4;

export function encodeFromControlPlane(message: FromControlPlane): Buffer {
  switch (message.type) {
    case 'credentials': {
      const { values, revoked, ...header } = message;
      // A data plane of 0.1.0 needs to hear that it must not drop what isn't among these.
      return frame({ ...header, complete: false }, [Buffer.from(JSON.stringify({ values, revoked }))]);
    }
    case 'full':
      return frame({ ...message, entries: message.entries.length }, [writeEntries(message.entries)]);
    case 'delta': {
      const header = { ...message, upserts: message.upserts.length, removals: message.removals.length };
      return frame(header, [writeEntries(message.upserts), writeNames(message.removals)]);
    }
    case 'bookmark':
    case 'command':
      return frame(message, []);
  }
}

/** Throws a FrameError. Entries are views into `bytes`. */
export function decodeFromControlPlane(bytes: Uint8Array): FromControlPlane {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader, fromControlPlaneHeader);
  const message = ((): FromControlPlane => {
    switch (header.type) {
      case 'credentials':
        return {
          ...header,
          ...check(credentialsPayload, parse(reader.text(reader.left, 'credentials')), 'credentials'),
        };
      case 'full':
        return { ...header, entries: readEntries(reader, header.entries) };
      case 'delta': {
        const upserts = readEntries(reader, header.upserts);
        return { ...header, upserts, removals: readNames(reader, header.removals) };
      }
      case 'bookmark':
      case 'command':
        return header;
    }
  })();
  reader.end();
  return message;
}

export function encodeFromDataPlane(message: FromDataPlane): Buffer {
  return frame(message, []);
}

/** Throws a FrameError. */
export function decodeFromDataPlane(bytes: Uint8Array): FromDataPlane {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader, fromDataPlaneHeader);
  reader.end();
  return header;
}

function frame(header: object, payload: readonly Uint8Array[]): Buffer {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(headerBytes.length);
  return Buffer.concat([length, headerBytes, ...payload]);
}

function readHeader<Schema extends z.ZodType>(reader: ByteReader, schema: Schema): z.output<Schema> {
  const length = reader.uint32('length of the header');
  if (length > MAX_HEADER_BYTES) throw new FrameError(`a header of ${length} bytes is over ${MAX_HEADER_BYTES}`);
  return check(schema, parse(reader.text(length, 'header')), 'header');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new FrameError('header or payload is not JSON');
  }
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FrameError(`${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
}
