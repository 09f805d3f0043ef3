import { BLANK, COLON, CR, LF, TAB, tokenBytes, valueBytes } from './characters.js';
import type { ResponseFault } from './response-faults.js';

/**
 * Reads the header or trailer lines of `bytes` from `start` until `end`, where their last CRLF ends, into names and
 * values in turn: views into `bytes`, without the blanks around a value.
 */
export function readFieldLines(bytes: Buffer, start: number, end: number, fields: Buffer[]): ResponseFault | undefined {
  let at = start;
  while (at < end) {
    const nameStart = at;
    while (tokenBytes[bytes[at]!] === 1) at += 1;
    if (at === nameStart || bytes[at] !== COLON) return lineFault(bytes, nameStart, at);
    const nameEnd = at;
    at += 1;
    while (bytes[at] === BLANK || bytes[at] === TAB) at += 1;
    const valueStart = at;
    while (valueBytes[bytes[at]!] === 1) at += 1;
    if (bytes[at] !== CR) return bytes[at] === LF ? 'BareLineEnd' : 'BadHeaderValue';
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === BLANK || bytes[valueEnd - 1] === TAB)) valueEnd -= 1;
    at += 1;
    if (bytes[at] !== LF) return 'BareLineEnd';
    at += 1;
    fields.push(bytes.subarray(nameStart, nameEnd), bytes.subarray(valueStart, valueEnd));
  }
  return undefined;
}

function lineFault(bytes: Buffer, nameStart: number, at: number): ResponseFault {
  const byte = bytes[at];
  if (at > nameStart || (byte !== BLANK && byte !== TAB)) {
    return byte === LF || byte === CR ? 'BareLineEnd' : 'BadHeaderName';
  }
  return 'FoldedHeader';
}
