import { readMessage } from './protobuf-reader.js';

it('reads every wire type that OTLP uses, and repeated fields in order', () => {
  const bytes = Buffer.from([
    0x08,
    0x96,
    0x01, // 1: varint 150, the example of the specification
    0x12,
    0x02,
    0x68,
    0x69, // 2: "hi"
    0x19,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0, // 3: fixed64
    0x25,
    2,
    0,
    0,
    0, // 4: fixed32
    0x12,
    0x01,
    0x21, // 2 again: "!"
  ]);
  const fields = readMessage(bytes);
  const bytesOf = (field: number): Buffer => fields.get(field)![0] as Buffer;
  expect(fields.get(1)).toEqual([150n]);
  expect(fields.get(2)?.map(String)).toEqual(['hi', '!']);
  expect(bytesOf(3).readBigUInt64LE()).toBe(1n);
  expect(bytesOf(4).readUInt32LE()).toBe(2);
});

it.each([
  ['a varint that does not end', [0x08, 0x80]],
  ['a field longer than its message', [0x12, 0x05, 0x61]],
  ['a wire type OTLP has no use for', [0x0b]],
])('refuses %s', (_name, bytes) => expect(() => readMessage(Buffer.from(bytes))).toThrow(RangeError));
