import { CR, hexValue, LF, SEMICOLON } from './characters.js';
import { HeldBytes, NOT_YET, TOO_LONG } from './held-bytes.js';
import { MAX_CHUNK_LINE_BYTES, type ResponseFault } from './response-faults.js';
import { Trailers } from './trailers.js';

/** RFC 9112, 7.1.1. */
const EXTENSIONS =
  /^(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*\r\n$/;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_END = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;
const OVER = 7;

export interface ChunkSink {
  /** A range of the body, as long as `stop` wasn't called. */
  onBody(range: Buffer): void;
}

/** A body in chunks: ranges out, framing off. One for all answers of a connection, one after the other. */
export class ChunkedBody {
  fault: ResponseFault | undefined = undefined;
  /** What was last pushed were whole chunk frames without extensions, and nothing else. */
  tookWholeFrames = false;
  /** It held a range of the body. */
  tookData = false;
  private readonly sink: ChunkSink;
  private readonly extension = new HeldBytes('\r\n', MAX_CHUNK_LINE_BYTES);
  private readonly trailers = new Trailers();
  private state = OVER;
  private size = 0;
  private digits = 0;
  private sawExtension = false;

  constructor(sink: ChunkSink) {
    this.sink = sink;
  }

  begin(): void {
    this.fault = undefined;
    this.extension.clear();
    this.trailers.begin();
    this.expectChunk();
  }

  /** Nobody listens any more. */
  stop(): void {
    this.state = OVER;
  }

  get isOver(): boolean {
    return this.state === OVER;
  }

  private get isBetweenChunks(): boolean {
    return this.state === SIZE && this.digits === 0;
  }

  /** Takes `bytes` from `start`; returns where the body ended, or else their length. */
  push(bytes: Buffer, start: number): number {
    const begunBetween = this.isBetweenChunks;
    this.sawExtension = false;
    this.tookData = false;
    const end = this.take(bytes, start);
    this.tookWholeFrames = begunBetween && this.isBetweenChunks && !this.sawExtension;
    return end;
  }

  private take(bytes: Buffer, start: number): number {
    let at = start;
    while (at < bytes.length && this.state !== OVER) {
      switch (this.state) {
        case DATA:
          at = this.takeData(bytes, at);
          break;
        case SIZE:
          at = this.takeSize(bytes, at);
          break;
        case EXTENSION:
          at = this.takeExtension(bytes, at);
          break;
        case TRAILERS:
          at = this.takeTrailers(bytes, at);
          break;
        default:
          this.takeLineEnd(bytes[at]!);
          at += 1;
      }
    }
    return at;
  }

  private takeSize(bytes: Buffer, start: number): number {
    for (let at = start; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      const digit = hexValue(byte);
      if (digit >= 0) {
        this.size = this.size * 16 + digit;
        this.digits += 1;
        if (!Number.isSafeInteger(this.size)) return this.refuse('ChunkTooLarge', bytes);
        if (this.digits > MAX_CHUNK_LINE_BYTES) return this.refuse('ChunkLineTooLong', bytes);
        continue;
      }
      if (this.digits === 0) return this.refuse('BadChunkSize', bytes);
      if (byte === CR) {
        this.state = SIZE_END;
        return at + 1;
      }
      if (byte !== SEMICOLON) return this.refuse('BadChunkSize', bytes);
      this.state = EXTENSION;
      return at;
    }
    return bytes.length;
  }

  private takeExtension(bytes: Buffer, at: number): number {
    const next = this.extension.take(bytes, at);
    if (next === NOT_YET) return bytes.length;
    if (next === TOO_LONG) return this.refuse('ChunkLineTooLong', bytes);
    if (!EXTENSIONS.test(this.extension.whole().toString('latin1'))) return this.refuse('BadExtension', bytes);
    this.sawExtension = true;
    this.afterSize();
    return next;
  }

  private takeData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.size);
    this.size -= end - at;
    if (this.size === 0) this.state = DATA_CR;
    this.tookData = true;
    this.sink.onBody(bytes.subarray(at, end));
    return end;
  }

  private takeLineEnd(byte: number): void {
    if (this.state === SIZE_END) {
      if (byte === LF) this.afterSize();
      else this.refuse('BareLineEnd');
    } else if (this.state === DATA_CR) {
      if (byte === CR) this.state = DATA_LF;
      else this.refuse('BadChunkEnd');
    } else if (byte === LF) this.expectChunk();
    else this.refuse('BadChunkEnd');
  }

  private afterSize(): void {
    this.state = this.size > 0 ? DATA : TRAILERS;
  }

  private expectChunk(): void {
    this.size = 0;
    this.digits = 0;
    this.state = SIZE;
  }

  private takeTrailers(bytes: Buffer, at: number): number {
    const next = this.trailers.push(bytes, at);
    if (this.trailers.fault !== undefined) return this.refuse(this.trailers.fault, bytes);
    if (next === NOT_YET) return bytes.length;
    this.state = OVER;
    return next;
  }

  private refuse(fault: ResponseFault, bytes?: Buffer): number {
    this.fault = fault;
    this.state = OVER;
    return bytes?.length ?? 0;
  }
}
