import { BLANK, COLON, CR, LF, TAB, tokenBytes, valueBytes } from './characters.js';
import type { ResponseFault } from './response-faults.js';

/** Header or trailer lines, as they were sent. */
export interface FieldLines {
  /** Names and values in turn, bytes seen as Latin-1, without the blanks around a value. */
  readonly fields: string[];
  /** Where each value begins in the text that was read. */
  readonly valueStarts: number[];
}

/**
 * Reads the lines of `text` from `start` until `end`, where their last CRLF ends. `bytes` are those of `text` from `offset`
 * on: single ones are cheapest to look at there, strings to cut out of the text.
 */
export function readFieldLines(
  { bytes, text, offset }: { readonly bytes: Buffer; readonly text: string; readonly offset: number },
  start: number,
  end: number,
  { fields, valueStarts }: FieldLines,
): ResponseFault | undefined {
  let at = offset + start;
  const last = offset + end;
  while (at < last) {
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
    fields.push(text.slice(nameStart - offset, nameEnd - offset), text.slice(valueStart - offset, valueEnd - offset));
    valueStarts.push(valueStart - offset);
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
