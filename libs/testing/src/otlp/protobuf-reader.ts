/**
 * The protobuf wire format (https://protobuf.dev/programming-guides/encoding/), as much as OTLP uses of it: enough to see
 * what really went over the wire without generated code.
 */
export type WireValue = bigint | Buffer;

/** Fields of one message by number; repeated ones in order. Fixed-width values are Buffers, as are strings and messages. */
export type WireMessage = ReadonlyMap<number, readonly WireValue[]>;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

export function readMessage(bytes: Buffer): WireMessage {
  const fields = new Map<number, WireValue[]>();
  let position = 0;

  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[position++];
      if (byte === undefined || shift > 63n) throw new RangeError('protobuf: a varint does not end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (position + length > bytes.length) throw new RangeError('protobuf: a field is longer than its message');
    position += length;
    return bytes.subarray(position - length, position);
  };
  const value = (wireType: number): WireValue => {
    if (wireType === VARINT) return varint();
    if (wireType === FIXED_64) return take(8);
    if (wireType === LENGTH_DELIMITED) return take(Number(varint()));
    if (wireType === FIXED_32) return take(4);
    throw new RangeError(`protobuf: wire type ${wireType} is not read here`);
  };

  while (position < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    const read = value(tag & 7);
    const earlier = fields.get(number);
    if (earlier) earlier.push(read);
    else fields.set(number, [read]);
  }
  return fields;
}
