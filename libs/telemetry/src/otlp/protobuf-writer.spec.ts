import fc from 'fast-check';
import { byteLength, ProtobufWriter, varintLength } from './protobuf-writer.js';

const all = (writer: ProtobufWriter): Buffer => writer.copy(0);

/** As https://protobuf.dev/programming-guides/encoding/#varints says it, without a thought for speed. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

it('writes whole numbers as varints, from 0 up to 2^53', () => {
  const edges = [7, 14, 21, 28, 31, 32, 35, 42, 49, 53].flatMap((bits) => [2 ** bits - 1, 2 ** bits]);
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(0, ...edges), fc.maxSafeNat()), (value) => {
      const writer = new ProtobufWriter(1);
      writer.varint(value);
      expect(all(writer)).toEqual(varint(BigInt(value)));
      expect(varintLength(value)).toBe(writer.length);
    }),
  );
});

it('writes any text as UTF-8 behind its length, short or long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const writer = new ProtobufWriter(1);
      writer.string(text);
      const bytes = Buffer.from(text);
      expect(byteLength(text)).toBe(bytes.length);
      expect(all(writer)).toEqual(Buffer.concat([varint(BigInt(bytes.length)), bytes]));
    }),
  );
});

it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
  'puts the length in front of a message of %i bytes, in as few bytes as it takes',
  (length) => {
    const writer = new ProtobufWriter(1);
    const message = Buffer.alloc(length, 'm');
    writer.byte(0x0a);
    const start = writer.begin();
    writer.raw(message);
    writer.end(start);
    writer.byte(0x7f);
    expect(all(writer).equals(Buffer.concat([Buffer.of(0x0a), varint(BigInt(length)), message, Buffer.of(0x7f)]))).toBe(
      true,
    );
  },
);

it('nests messages, and loses nothing where it grows between them', () => {
  for (let size = 1; size < 64; size++) {
    const writer = new ProtobufWriter(size);
    const outer = writer.begin();
    writer.string('before');
    const inner = writer.begin();
    writer.string('within');
    writer.end(inner);
    writer.end(outer);
    expect(all(writer).toString('latin1')).toBe('\x0f\x06before\x07\x06within');
  }
});

it('writes fixed numbers, identifiers, and takes back', () => {
  const writer = new ProtobufWriter(1);
  writer.fixed64(0x01020304, 0xa0b0c0d0);
  writer.double(-1.5);
  writer.hex('00ff9a');
  const { length } = writer;
  writer.string('taken back');
  writer.truncate(length);
  expect(all(writer).toString('hex')).toBe('d0c0b0a004030201000000000000f8bf00ff9a');
});
