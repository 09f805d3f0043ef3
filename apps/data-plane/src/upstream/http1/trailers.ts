import { CR, LF } from './characters.js';
import { readFieldLines } from './field-lines.js';
import { HeldBytes, NOT_YET, TOO_LONG } from './held-bytes.js';
import { framingName } from './response-head.js';
import { MAX_TRAILER_BYTES, type ResponseFault } from './response-faults.js';

const LINE_END = Buffer.from('\r\n');

/** What may follow the last chunk: checked, and passed to nobody, for what came before has been believed already. */
export class Trailers {
  fault: ResponseFault | undefined = undefined;
  private readonly lines = new HeldBytes('\r\n\r\n', MAX_TRAILER_BYTES);

  begin(): void {
    this.fault = undefined;
    this.lines.clear();
  }

  /** Takes `bytes` from `at`, behind the last chunk's size line; returns where the body ended, or `NOT_YET`. */
  push(bytes: Buffer, at: number): number {
    const { lines } = this;
    if (lines.length === 0) {
      if (bytes[at] === CR && bytes[at + 1] === LF) return at + LINE_END.length;
      // The end of the size line, so that a blank line alone ends as trailers do.
      lines.take(LINE_END, 0);
    }
    const next = lines.take(bytes, at);
    if (next === TOO_LONG) this.fault = 'TrailersTooLong';
    else if (next !== NOT_YET) this.fault = faultOf(lines.whole());
    return next;
  }
}

function faultOf(lines: Buffer): ResponseFault | undefined {
  const fields: string[] = [];
  const text = lines.toString('latin1');
  const end = lines.length - LINE_END.length;
  const fault = readFieldLines({ bytes: lines, text, offset: 0 }, LINE_END.length, end, { fields, valueStarts: [] });
  if (fault !== undefined) return fault;
  for (let index = 0; index < fields.length; index += 2) {
    const name = framingName(fields[index]!);
    if (name === 'content-length' || name === 'transfer-encoding') return 'FramingInTrailers';
  }
  return undefined;
}
