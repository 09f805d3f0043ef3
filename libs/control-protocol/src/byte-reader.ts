import { isUtf8 } from 'node:buffer';
import { FrameError } from './frame-error.js';

/** Reads lengths and pieces off a buffer; every read is checked against what is left. Pieces are views, not copies. */
export class ByteReader {
  private offset = 0;
  private readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.buffer.length - this.offset;
  }

  uint8(what: string): number {
    return this.buffer.readUInt8(this.take(1, what));
  }

  uint32(what: string): number {
    return this.buffer.readUInt32BE(this.take(4, what));
  }

  bytes(length: number, what: string): Buffer {
    const start = this.take(length, what);
    return this.buffer.subarray(start, start + length);
  }

  text(length: number, what: string): string {
    const piece = this.bytes(length, what);
    if (!isUtf8(piece)) throw new FrameError(`${what} is not UTF-8`);
    return piece.toString('utf8');
  }

  /** The frame must end here: a longer one was made by something that we don't understand. */
  end(): void {
    if (this.left > 0) throw new FrameError(`${this.left} bytes are left over at the end of the frame`);
  }

  private take(length: number, what: string): number {
    if (length > this.left) throw new FrameError(`${what} needs ${length} bytes, the frame has ${this.left} left`);
    const start = this.offset;
    this.offset += length;
    return start;
  }
}
