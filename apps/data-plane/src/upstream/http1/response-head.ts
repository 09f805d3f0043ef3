import { BLANK, CR, LF, valueBytes } from './characters.js';
import { type FieldLines, readFieldLines } from './field-lines.js';
import type { ResponseFault } from './response-faults.js';

/** How an answer's body ends: by its length, by its last chunk, or with the connection. */
export type Framing = 'Length' | 'Chunked' | 'UntilClose';

const BEGINNING = Buffer.from('HTTP/1.');

/** The head of one answer, read once it is there whole. */
export class ResponseHead implements FieldLines {
  status = 0;
  readonly fields: string[] = [];
  readonly valueStarts: number[] = [];
  framing: Framing = 'UntilClose';
  /** Of the body, where the framing is `Length`. */
  length = 0;
  /** The server says that the connection stays open. */
  keepsAlive = true;
  /** What `Keep-Alive: timeout=` says; -1: nothing. */
  idleTimeoutMs = -1;

  /** `bytes` from `start` until `end` are the head alone, with its blank line. */
  static read(bytes: Buffer, start: number, end: number): ResponseHead | ResponseFault {
    const head = new ResponseHead();
    const text = bytes.toString('latin1', start, end);
    return head.readLines(bytes, start, text) ?? head.readFraming(bytes[start + 7] === 49, text) ?? head;
  }

  private readLines(bytes: Buffer, start: number, text: string): ResponseFault | undefined {
    if (!mayBeHttp(bytes, start, start + text.length) || bytes[start + 8] !== BLANK) return 'NotHttp';
    for (let at = start + 9; at < start + 12; at += 1) {
      const digit = bytes[at]! - 48;
      if (!(digit >= 0 && digit <= 9)) return 'BadStatus';
      this.status = this.status * 10 + digit;
    }
    let at = start + 12;
    if (this.status < 100 || (bytes[at] !== BLANK && bytes[at] !== CR)) return 'BadStatus';
    while (valueBytes[bytes[at]!] === 1) at += 1;
    if (bytes[at] !== CR) return bytes[at] === LF ? 'BareLineEnd' : 'BadReason';
    if (bytes[at + 1] !== LF) return 'BareLineEnd';
    return readFieldLines({ bytes, text, offset: start }, at + 2 - start, text.length - 2, this);
  }

  /** RFC 9112, 6.3 and 9.3. */
  private readFraming(isHttp11: boolean, text: string): ResponseFault | undefined {
    const { fields, valueStarts } = this;
    let closes = false;
    let keeps = isHttp11;
    for (let index = 0; index < fields.length; index += 2) {
      switch (framingName(fields[index]!)) {
        case 'content-length': {
          if (this.framing !== 'UntilClose') return this.framing === 'Length' ? 'RepeatedLength' : 'TwoFramings';
          this.length = readLength(text, valueStarts[index >> 1]!);
          if (this.length < 0) return 'BadLength';
          if (!Number.isSafeInteger(this.length)) return 'LengthTooLarge';
          this.framing = 'Length';
          break;
        }
        case 'transfer-encoding':
          if (this.framing === 'Length') return 'TwoFramings';
          if (this.framing === 'Chunked' || !/^chunked *\r/i.test(untilLineEnd(text, valueStarts[index >> 1]!)))
            return 'OtherCoding';
          this.framing = 'Chunked';
          break;
        // The older name of `connection`, which some proxies still send.
        case 'proxy-connection':
        case 'connection':
          // What servers say nearly always.
          if (fields[index + 1] === 'keep-alive') {
            keeps = true;
            break;
          }
          for (const option of fields[index + 1]!.toLowerCase().split(',')) {
            if (option.trim() === 'close') closes = true;
            else if (/^ *keep-alive *$/.test(option)) keeps = true;
          }
          break;
        case 'keep-alive': {
          const seconds = idleSeconds(fields[index + 1]!);
          if (seconds >= 0) this.idleTimeoutMs = seconds * 1_000;
          break;
        }
      }
    }
    // RFC 9112, 6.1: HTTP/1.0 knows no chunks, so whoever sends them there may be wrong about where they end.
    this.keepsAlive = keeps && !closes && (isHttp11 || this.framing !== 'Chunked');
    return undefined;
  }
}

/** RFC 9112, 6.2: digits, and blanks up to the line's end. -1: something else. Beyond 2^53 it isn't exact. */
function readLength(text: string, start: number): number {
  let length = 0;
  let at = start;
  for (let digit = text.charCodeAt(at) - 48; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - 48) {
    length = length * 10 + digit;
    at += 1;
  }
  if (at === start) return -1;
  while (text.charCodeAt(at) === BLANK) at += 1;
  return text.charCodeAt(at) === CR ? length : -1;
}

/** A server says the same with each of its answers, and there are few servers. */
let lastKeepAlive = '';
let lastIdleSeconds = -1;

/** Of a `Keep-Alive` header, the value of its `timeout`; -1: none. */
function idleSeconds(value: string): number {
  if (value !== lastKeepAlive) {
    const seconds = /(?:^|[\s,;])timeout\s*=\s*(\d{1,9})(?:$|[\s,;])/i.exec(value);
    lastIdleSeconds = seconds === null ? -1 : Number(seconds[1]);
    lastKeepAlive = value;
  }
  return lastIdleSeconds;
}

/** A header's value with the blanks and the CR behind it: some readers take a tab there for a part of the value. */
function untilLineEnd(text: string, start: number): string {
  return text.slice(start, text.indexOf('\r', start) + 1);
}

/** False: what is there can't be the beginning of an answer. */
export function mayBeHttp(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  for (let at = 0; at < BEGINNING.length && at < length; at += 1) if (bytes[start + at] !== BEGINNING[at]) return false;
  return length < 8 || bytes[start + 7] === 48 || bytes[start + 7] === 49;
}

/** The name in lower case, of those that have one of these lengths; '' for all others, which are most. */
export function framingName(name: string): string {
  const { length } = name;
  if (length !== 10 && length !== 14 && length !== 16 && length !== 17) return '';
  return name.toLowerCase();
}
