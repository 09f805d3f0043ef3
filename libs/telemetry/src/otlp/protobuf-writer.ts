/**
 * The protobuf wire format (https://protobuf.dev/programming-guides/encoding/), as much as OTLP needs of it: appends to one
 * buffer that is used again for the next batch, so that a field costs its bytes and nothing else.
 */
export class ProtobufWriter {
  private bytes: Buffer;
  private position = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.position;
  }

  /** A copy: the buffer itself goes on being written. */
  copy(from: number): Buffer {
    return Buffer.from(this.bytes.subarray(from, this.position));
  }

  /** A copy of all, behind these bytes. */
  behind(prefix: Uint8Array): Buffer {
    const joined = Buffer.allocUnsafe(prefix.length + this.position);
    joined.set(prefix);
    this.bytes.copy(joined, prefix.length, 0, this.position);
    return joined;
  }

  /** Takes back what was written after this length. */
  truncate(length: number): void {
    this.position = length;
  }

  /** A byte that is known beforehand, such as a field's tag: number << 3 | wire type. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  /** A whole number from 0 up to 2^53. */
  varint(value: number): void {
    this.reserve(MAX_VARINT);
    const { bytes } = this;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.position++] = rest;
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.position = this.bytes.writeUInt32LE(value, this.position);
  }

  /** `high * 2^32 + low`. */
  fixed64(high: number, low: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  double(value: number): void {
    this.reserve(8);
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  /** Short ones, as names are: each byte by itself, which costs less than a call into the engine. */
  raw(source: Uint8Array): void {
    this.reserve(source.length);
    const { bytes } = this;
    let at = this.position;
    for (let i = 0; i < source.length; i++) bytes[at++] = source[i]!;
    this.position = at;
  }

  /** Lower-case hexadecimal digits, two a byte. */
  hex(digits: string): void {
    this.reserve(digits.length >>> 1);
    const { bytes } = this;
    let at = this.position;
    for (let i = 0; i + 1 < digits.length; i += 2) {
      bytes[at++] = (nibbles[digits.charCodeAt(i)]! << 4) | nibbles[digits.charCodeAt(i + 1)]!;
    }
    this.position = at;
  }

  /** A length and the UTF-8 bytes. */
  string(value: string): void {
    const length = byteLength(value);
    this.varint(length);
    this.text(value, length);
  }

  /** `length`: what `byteLength` says. Short ASCII is written here: a call into the engine costs more than the loop. */
  text(value: string, length: number): void {
    this.reserve(length);
    if (length > SHORT || length !== value.length) {
      this.position += this.bytes.write(value, this.position);
      return;
    }
    const { bytes } = this;
    let at = this.position;
    for (let i = 0; i < length; i++) bytes[at++] = value.charCodeAt(i);
    this.position = at;
  }

  /** Starts a message whose length isn't known yet. Give what it returns to `end`. */
  begin(): number {
    this.reserve(LENGTH_BYTES);
    this.position += LENGTH_BYTES;
    return this.position;
  }

  /** Writes the length in front of the message; the message moves where the length takes fewer or more bytes than most. */
  end(start: number): void {
    const length = this.position - start;
    const lengthBytes = varintLength(length);
    // Before the position goes back: growing keeps what is in front of it alone.
    this.reserve(MAX_VARINT);
    const at = start - LENGTH_BYTES;
    if (lengthBytes !== LENGTH_BYTES) this.bytes.copyWithin(at + lengthBytes, start, this.position);
    this.position = at;
    this.varint(length);
    this.position += length;
  }

  private reserve(more: number): void {
    const needed = this.position + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
  }
}

/** Of a number up to 2^53. */
const MAX_VARINT = 8;
/** Bytes kept free for a length: two hold up to 16,383, as most spans need. */
const LENGTH_BYTES = 2;

/** Texts up to this length are looked at character by character. */
const SHORT = 64;

/** In UTF-8. */
export function byteLength(value: string): number {
  if (value.length > SHORT) return Buffer.byteLength(value);
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return Buffer.byteLength(value);
  return value.length;
}

export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

const nibbles = new Uint8Array(0x100);
for (let value = 0; value < 16; value++) nibbles[value.toString(16).charCodeAt(0)] = value;
