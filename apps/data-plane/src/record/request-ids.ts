import type { Random } from '../random.js';

const POOL_BYTES = 6 * 1024;
/** Trace id, span id, request id. */
const REQUEST_BYTES = 16 + 8 + 12;
const SPAN_BYTES = 8;

/** Ids from one pool of random bytes: filled rarely, read as one hexadecimal slice a request. */
export class RequestIds {
  private readonly random: Random;
  private readonly pool = Buffer.alloc(POOL_BYTES);
  private position = POOL_BYTES;

  constructor(random: Random) {
    this.random = random;
  }

  /** 72 lower-case hex digits: 32 of a trace id, 16 of a span id, 24 of a request id. */
  forRequest(): string {
    return this.take(REQUEST_BYTES);
  }

  /** 16 lower-case hex digits. */
  spanId(): string {
    return this.take(SPAN_BYTES);
  }

  /** 32 random bits, for the choices of one request. */
  seed(): number {
    if (this.position + 4 > POOL_BYTES) this.refill();
    const seed = this.pool.readUInt32LE(this.position);
    this.position += 4;
    return seed;
  }

  private take(bytes: number): string {
    if (this.position + bytes > POOL_BYTES) this.refill();
    const start = this.position;
    this.position = start + bytes;
    return this.pool.toString('hex', start, this.position);
  }

  private refill(): void {
    this.random.fill(this.pool);
    this.position = 0;
  }
}
