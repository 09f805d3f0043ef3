import { ResponseReader, type ResponseSink } from '../../src/upstream/http1/response-reader.js';
import { nothingYet, type ObservedAnswer } from './observed-answer.js';

/** What a connection reads into: the next read overwrites it. */
const shared = Buffer.alloc(256 * 1024);

export interface OwnReading extends ObservedAnswer {
  /** How many bytes were given to the reader until it was done. */
  readonly taken: number;
}

/** How our reader reads an answer that comes in these pieces, then the end of the connection. */
export function ownReading(pieces: Iterable<Buffer>, isHead: boolean): OwnReading {
  const sink = new RecordingSink();
  const reader = new ResponseReader(sink);
  reader.begin(isHead);
  let taken = 0;
  let more = false;
  for (const piece of pieces) {
    more = sink.isOver;
    if (more) break;
    taken += piece.length;
    sink.ofThisPush = '';
    piece.copy(shared);
    sink.piece = shared.subarray(0, piece.length);
    reader.push(sink.piece);
    shared.fill(0, 0, piece.length);
  }
  if (!sink.isOver && !reader.end()) sink.finishHeaders();
  // What comes to an idle connection ends it.
  sink.seen.keepsAlive = reader.keepsAlive && !more;
  return { ...sink.seen, taken };
}

class RecordingSink implements ResponseSink {
  readonly seen = nothingYet();
  isOver = false;
  piece: Buffer = Buffer.alloc(0);
  ofThisPush = '';
  /** Header views must last. */
  private headers: readonly string[] = [];

  onHead(status: number, headers: readonly string[]): void {
    this.seen.status = status;
    this.headers = headers;
  }

  onBody(range: Buffer): void {
    if (this.isOver) throw new Error('a range after the end');
    if (range.length === 0) throw new Error('an empty range');
    this.ofThisPush += range.toString('latin1');
  }

  onRead(frames: Buffer | undefined): void {
    if (this.ofThisPush === '') throw new Error('a read without a range');
    if (frames !== undefined && (frames !== this.piece || unframed(frames.toString('latin1')) !== this.ofThisPush)) {
      throw new Error('frames that are not what was read');
    }
    this.take();
  }

  onEnd(): void {
    this.conclude('Whole', '');
  }

  onRefused(fault: string): void {
    this.conclude('Refused', fault);
  }

  private conclude(verdict: 'Whole' | 'Refused', reason: string): void {
    if (this.isOver) throw new Error('a second end');
    this.take();
    this.isOver = true;
    this.seen.verdict = verdict;
    this.seen.reason = reason;
    this.finishHeaders();
  }

  private take(): void {
    this.seen.body += this.ofThisPush;
    this.ofThisPush = '';
  }

  finishHeaders(): void {
    for (let index = 0; index < this.headers.length; index += 2) {
      this.seen.headers += `${this.headers[index]!}: ${this.headers[index + 1]!}\n`;
    }
  }
}

/** Whole frames and nothing else, read in the plainest way. */
function unframed(frames: string): string {
  let body = '';
  for (let at = 0; at < frames.length;) {
    const lineEnd = frames.indexOf('\r\n', at);
    const line = frames.slice(at, lineEnd);
    if (lineEnd < 0 || !/^0*[1-9a-f][\da-f]*$/i.test(line)) throw new Error('frames with something else in them');
    const dataEnd = lineEnd + 2 + Number.parseInt(line, 16);
    if (frames.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Error('frames that are not whole');
    body += frames.slice(lineEnd + 2, dataEnd);
    at = dataEnd + 2;
  }
  return body;
}
