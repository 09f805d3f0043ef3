const FIRST_BYTES = 1024;

/** What `take` returns besides a position. */
export const NOT_YET = -1;
export const TOO_LONG = -2;

/** A part that ends with a marker, kept while it isn't whole; nearly always it comes in one piece. */
export class HeldBytes {
  /** Of what is kept. */
  length = 0;
  bytes: Buffer | undefined = undefined;
  private readonly marker: Buffer;
  private readonly limit: number;

  constructor(marker: string, limit: number) {
    this.marker = Buffer.from(marker, 'latin1');
    this.limit = limit;
  }

  /** Keeps `bytes` from `at` up to and with the marker, and returns the position after it. */
  take(bytes: Buffer, at: number): number {
    const { marker, limit } = this;
    const before = this.length;
    if (before === 0) {
      const found = bytes.indexOf(marker, at);
      if (found >= 0) {
        const end = found + marker.length;
        if (end - at > limit) return TOO_LONG;
        this.keep(bytes, at, end);
        return end;
      }
    }
    const room = limit - before;
    const end = Math.min(bytes.length, at + room);
    this.keep(bytes, at, end);
    // The marker may have begun before this piece.
    const from = Math.max(0, before - marker.length + 1);
    const found = this.bytes!.subarray(0, this.length).indexOf(marker, from);
    if (found < 0) return bytes.length - at >= room ? TOO_LONG : NOT_YET;
    this.length = found + marker.length;
    return at + this.length - before;
  }

  /** What was kept, marker included. It is the caller's. */
  whole(): Buffer {
    const { bytes, length } = this;
    this.clear();
    return bytes!.length === length ? bytes! : bytes!.subarray(0, length);
  }

  clear(): void {
    this.length = 0;
    this.bytes = undefined;
  }

  private keep(bytes: Buffer, from: number, to: number): void {
    const length = this.length + to - from;
    if (this.bytes === undefined) {
      // A part that is whole needs no room to grow.
      this.bytes = Buffer.allocUnsafe(to < bytes.length ? length : Math.max(length, FIRST_BYTES));
    } else if (this.bytes.length < length) {
      const larger = Buffer.allocUnsafe(Math.min(this.limit, length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.length, from, to);
    this.length = length;
  }
}
