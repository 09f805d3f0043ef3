import { BLANK, CR, LF, valueBytes } from './characters.js';
import { readFieldLines } from './field-lines.js';
import type { ResponseFault } from './response-faults.js';

/** How an answer's body ends: by its length, by its last chunk, or with the connection. */
export type Framing = 'Length' | 'Chunked' | 'UntilClose';

const BEGINNING = Buffer.from('HTTP/1.');

/** The head of one answer, read once it is there whole. */
export class ResponseHead {
  status = 0;
  /** Names and values in turn. */
  readonly headers: Buffer[] = [];
  framing: Framing = 'UntilClose';
  /** Of the body, where the framing is `Length`. */
  length = 0;
  /** The server says that the connection stays open. */
  keepsAlive = true;
  /** What `Keep-Alive: timeout=` says; -1: nothing. */
  idleTimeoutMs = -1;

  /** `bytes`: the head alone, with its blank line. They are the headers' from now on. */
  static read(bytes: Buffer): ResponseHead | ResponseFault {
    const head = new ResponseHead();
    return head.readLines(bytes) ?? head.readFraming(bytes) ?? head;
  }

  private readLines(bytes: Buffer): ResponseFault | undefined {
    if (!mayBeHttp(bytes, bytes.length) || bytes[8] !== BLANK) return 'NotHttp';
    for (let at = 9; at < 12; at += 1) {
      const digit = bytes[at]! - 48;
      if (!(digit >= 0 && digit <= 9)) return 'BadStatus';
      this.status = this.status * 10 + digit;
    }
    let at = 12;
    if (this.status < 100 || (bytes[at] !== BLANK && bytes[at] !== CR)) return 'BadStatus';
    while (valueBytes[bytes[at]!] === 1) at += 1;
    if (bytes[at] !== CR) return bytes[at] === LF ? 'BareLineEnd' : 'BadReason';
    if (bytes[at + 1] !== LF) return 'BareLineEnd';
    return readFieldLines(bytes, at + 2, bytes.length - 2, this.headers);
  }

  /** RFC 9112, 6.3 and 9.3. */
  private readFraming(bytes: Buffer): ResponseFault | undefined {
    const { headers } = this;
    const isHttp11 = bytes[7] === 49;
    let closes = false;
    let keeps = isHttp11;
    for (let index = 0; index < headers.length; index += 2) {
      switch (framingName(headers[index]!)) {
        case 'content-length': {
          if (this.framing !== 'UntilClose') return this.framing === 'Length' ? 'RepeatedLength' : 'TwoFramings';
          const length = /^(\d+) *\r/.exec(untilLineEnd(bytes, headers[index + 1]!));
          if (length === null) return 'BadLength';
          this.length = Number(length[1]);
          if (!Number.isSafeInteger(this.length)) return 'LengthTooLarge';
          this.framing = 'Length';
          break;
        }
        case 'transfer-encoding':
          if (this.framing === 'Length') return 'TwoFramings';
          if (this.framing === 'Chunked' || !/^chunked *\r/i.test(untilLineEnd(bytes, headers[index + 1]!)))
            return 'OtherCoding';
          this.framing = 'Chunked';
          break;
        // The older name of `connection`, which some proxies still send.
        case 'proxy-connection':
        case 'connection':
          for (const option of headers[index + 1]!.toString('latin1').toLowerCase().split(',')) {
            if (option.trim() === 'close') closes = true;
            else if (/^ *keep-alive *$/.test(option)) keeps = true;
          }
          break;
        case 'keep-alive': {
          const seconds = /(?:^|[\s,;])timeout\s*=\s*(\d{1,9})(?:$|[\s,;])/i.exec(
            headers[index + 1]!.toString('latin1'),
          );
          if (seconds !== null) this.idleTimeoutMs = Number(seconds[1]) * 1_000;
          break;
        }
      }
    }
    // RFC 9112, 6.1: HTTP/1.0 knows no chunks, so whoever sends them there may be wrong about where they end.
    this.keepsAlive = keeps && !closes && (isHttp11 || this.framing !== 'Chunked');
    return undefined;
  }
}

/** A header's value with the blanks and the CR behind it: some readers take a tab there for a part of the value. */
function untilLineEnd(bytes: Buffer, value: Buffer): string {
  const start = value.byteOffset - bytes.byteOffset;
  return bytes.toString('latin1', start, bytes.indexOf(CR, start) + 1);
}

/** False: what is there can't be the beginning of an answer. */
export function mayBeHttp(bytes: Buffer, length: number): boolean {
  for (let at = 0; at < BEGINNING.length && at < length; at += 1) if (bytes[at] !== BEGINNING[at]) return false;
  return length < 8 || bytes[7] === 48 || bytes[7] === 49;
}

/** The name in lower case, of those that have one of these lengths; '' for all others, which are most. */
export function framingName(name: Buffer): string {
  const { length } = name;
  if (length !== 10 && length !== 14 && length !== 16 && length !== 17) return '';
  return name.toString('latin1').toLowerCase();
}
