import { CR, LF } from './characters.js';
import { ChunkedBody } from './chunked-body.js';
import { HeldBytes, NOT_YET, TOO_LONG } from './held-bytes.js';
import { mayBeHttp, ResponseHead } from './response-head.js';
import { MAX_HEAD_BYTES, MAX_INTERIM_ANSWERS, type ResponseFault } from './response-faults.js';

/** Hears one answer: onHead, (onBody*, onRead)*, then one of onEnd and onRefused. */
export interface ResponseSink {
  onHead(status: number, headers: readonly string[]): void;
  onBody(range: Buffer): void;
  /** After the ranges of one push, if there were any and the answer isn't over; see `UpstreamHandler.onRead`. */
  onRead(frames: Buffer | undefined): void;
  onEnd(): void;
  onRefused(fault: ResponseFault): void;
}

const HEAD_END = '\r\n\r\n';

const HEAD = 0;
const LENGTH = 1;
const CHUNKS = 2;
const UNTIL_CLOSE = 3;
const EMPTY = 4;
const OVER = 5;

/**
 * The answers of one connection, one after the other, from bytes that come in any pieces. It knows no socket and no
 * time. Whatever two readers could understand differently is refused: `response-faults.ts` lists it.
 */
export class ResponseReader {
  /** A byte of the answer has come. */
  hasBegun = false;
  /** The connection can take another request once the answer has ended. */
  keepsAlive = false;
  /** How long the server keeps it idle; -1: it didn't say. */
  idleTimeoutMs = -1;
  private readonly sink: ResponseSink;
  private readonly head = new HeldBytes(HEAD_END, MAX_HEAD_BYTES);
  private readonly chunks: ChunkedBody;
  private state = OVER;
  private isHead = false;
  /** Of the body. */
  private left = 0;
  private interims = 0;

  constructor(sink: ResponseSink) {
    this.sink = sink;
    this.chunks = new ChunkedBody(sink);
  }

  /** A request is being written. `isHead`: its answer has no body, whatever its head says. */
  begin(isHead: boolean): void {
    this.hasBegun = false;
    this.keepsAlive = false;
    this.isHead = isHead;
    this.interims = 0;
    this.head.clear();
    this.state = HEAD;
  }

  /** Nobody listens any more. */
  stop(): void {
    this.state = OVER;
    this.chunks.stop();
  }

  push(bytes: Buffer): void {
    this.hasBegun = true;
    let at = 0;
    while (this.state === HEAD && at < bytes.length) at = this.takeHead(bytes, at);
    if (at === bytes.length) return;
    if (this.state === CHUNKS) this.takeChunks(bytes, at);
    else if (this.state === LENGTH) this.takeLength(bytes, at);
    else if (this.state === UNTIL_CLOSE) {
      this.sink.onBody(at === 0 ? bytes : bytes.subarray(at));
      if (this.state === UNTIL_CLOSE) this.sink.onRead(undefined);
    }
  }

  /** The server closed the connection. False: in the middle of the answer. */
  end(): boolean {
    if (this.state !== UNTIL_CLOSE) return false;
    this.finish(false);
    return true;
  }

  private takeHead(bytes: Buffer, at: number): number {
    const { head } = this;
    const before = head.length;
    // Nearly always it comes whole, and is read where it stands.
    const end = before === 0 ? headEnd(bytes, at) : -1;
    if (end >= 0) {
      if (end - at <= MAX_HEAD_BYTES) return this.readHead(bytes, at, end, end < bytes.length) ? end : bytes.length;
    }
    const next = head.take(bytes, at);
    if (next === NOT_YET) {
      // What can't become a head is refused now: its end might never come.
      const { bytes: held, length } = head;
      if (!mayBeHttp(held!, 0, length)) this.refuse('NotHttp');
      else if (hasBareLineEnd(held!, before, length)) this.refuse('BareLineEnd');
      return bytes.length;
    }
    if (next === TOO_LONG) {
      const isHttp =
        head.bytes === undefined ? mayBeHttp(bytes, at, bytes.length) : mayBeHttp(head.bytes, 0, head.length);
      this.refuse(isHttp ? 'HeadTooLong' : 'NotHttp');
      return bytes.length;
    }
    const whole = head.whole();
    return this.readHead(whole, 0, whole.length, next < bytes.length) ? next : bytes.length;
  }

  /** `more`: bytes came behind it. False: it is refused. */
  private readHead(bytes: Buffer, start: number, end: number, more: boolean): boolean {
    const head = ResponseHead.read(bytes, start, end);
    if (typeof head === 'string') {
      this.refuse(head);
      return false;
    }
    if (head.status < 200) this.passInterim(head);
    else this.beginBody(head, more);
    return true;
  }

  private passInterim({ status, keepsAlive }: ResponseHead): void {
    this.interims += 1;
    if (status === 101) this.refuse('Switched');
    else if (!keepsAlive) this.refuse('InterimCloses');
    else if (this.interims > MAX_INTERIM_ANSWERS) this.refuse('TooManyInterims');
  }

  private beginBody(head: ResponseHead, more: boolean): void {
    const { status, fields, framing, length } = head;
    const hasNoBody = status === 204 || status === 304;
    const isEmpty = hasNoBody || this.isHead || (framing === 'Length' && length === 0);
    this.keepsAlive = head.keepsAlive && (hasNoBody || framing !== 'UntilClose');
    this.idleTimeoutMs = head.idleTimeoutMs;
    this.left = length;
    if (isEmpty) this.state = EMPTY;
    else if (framing === 'Length') this.state = LENGTH;
    else if (framing === 'UntilClose') this.state = UNTIL_CLOSE;
    else {
      this.state = CHUNKS;
      this.chunks.begin();
    }
    this.sink.onHead(status, fields);
    if (this.state === EMPTY) this.finish(more);
  }

  private takeLength(bytes: Buffer, at: number): void {
    const end = Math.min(bytes.length, at + this.left);
    this.left -= end - at;
    this.sink.onBody(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (this.state !== LENGTH) return;
    if (this.left === 0) this.finish(end < bytes.length);
    else this.sink.onRead(undefined);
  }

  private takeChunks(bytes: Buffer, start: number): void {
    const { chunks, sink } = this;
    const end = chunks.push(bytes, start);
    if (this.state !== CHUNKS) return;
    if (chunks.isOver && chunks.fault === undefined) {
      this.finish(end < bytes.length);
      return;
    }
    if (chunks.tookData) sink.onRead(chunks.tookWholeFrames && start === 0 ? bytes : undefined);
    if (chunks.fault !== undefined && this.state === CHUNKS) this.refuse(chunks.fault);
  }

  /** `more`: bytes that nobody asked for came behind it. The answer stands, the connection doesn't. */
  private finish(more: boolean): void {
    this.state = OVER;
    if (more) this.keepsAlive = false;
    this.sink.onEnd();
  }

  private refuse(fault: ResponseFault): void {
    this.stop();
    this.sink.onRefused(fault);
  }
}

/** Where a head that begins at `from` ends; -1: not in these bytes. A search by strides: of most bytes it looks at one in four. */
function headEnd(bytes: Buffer, from: number): number {
  for (let at = from + 3; at < bytes.length;) {
    const byte = bytes[at]!;
    if (byte === LF) {
      // Whether the line end before it is a whole one is for whoever reads the lines.
      if (bytes[at - 1] === CR && bytes[at - 2] === LF) return at + 1;
      at += 2;
    } else at += byte === CR ? 1 : 4;
  }
  return -1;
}

function hasBareLineEnd(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((bytes[at] === LF) !== (bytes[at - 1] === CR)) return true;
  return false;
}
