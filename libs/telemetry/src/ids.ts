import { randomBytes } from 'node:crypto';

/**
 * Trace and span ids from the cryptographic generator, drawn 6 KiB at a time: one call for each id would cost twenty times
 * as much as the ids themselves. Ids are random in all their bits, as W3C Trace Context level 2 asks for sampling by id.
 */
const POOL_BYTES = 6 * 1024;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Node's direct hex encoder, which its types leave out; `toString('hex', ...)` looks the encoding up each time. */
type HexBuffer = Buffer & { hexSlice(start: number, end: number): string };

let pool = Buffer.alloc(0) as unknown as HexBuffer;
let position = 0;

/** `bytes` random bytes as lower-case hex, at most 6 KiB. */
export function randomHex(bytes: number): string {
  if (position + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES) as unknown as HexBuffer;
    position = 0;
  }
  const start = position;
  position += bytes;
  return pool.hexSlice(start, position);
}

/** 32 lower-case hex digits, never all zero (which W3C Trace Context calls invalid). */
export function newTraceId(): string {
  return validId(TRACE_ID_BYTES);
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  return validId(SPAN_ID_BYTES);
}

function validId(bytes: number): string {
  let id = randomHex(bytes);
  while (/^0+$/.test(id)) id = randomHex(bytes);
  return id;
}
