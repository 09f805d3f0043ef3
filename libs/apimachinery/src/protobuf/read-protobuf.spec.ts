import fc from 'fast-check';
import { ApiError } from '../status.js';
import { readProtobuf } from './read-protobuf.js';

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const field = (number: number, content: string | number[]): number[] => {
  const bytes = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
};
const envelope = (apiVersion: string, kind: string, raw: number[]): Uint8Array =>
  Uint8Array.from([0x6b, 0x38, 0x73, 0, ...field(1, [...field(1, apiVersion), ...field(2, kind)]), ...field(2, raw)]);

const secret = envelope('v1', 'Secret', [
  ...field(1, [
    ...field(1, 'keys'),
    ...field(3, ''),
    ...field(11, [...field(1, 'a'), ...field(2, 'b')]),
    ...field(14, 'x.io/f'),
    ...field(14, 'x.io/g'),
  ]),
  ...field(2, [...field(1, 'key'), ...field(2, 'hunter2')]),
  ...field(2, [...field(1, 'empty')]),
  ...field(3, 'Opaque'),
  ...varint((5 << 3) | 0),
  1,
  ...varint((99 << 3) | 1),
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
]);

test('reads a Secret: maps, lists, bytes, booleans; empty strings and unknown fields are left out', () => {
  expect(readProtobuf(secret)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', labels: { a: 'b' }, finalizers: ['x.io/f', 'x.io/g'] },
    data: { key: Buffer.from('hunter2').toString('base64'), empty: '' },
    type: 'Opaque',
    immutable: true,
  });
});

test('what an object belongs to is kept: an update would take it away', () => {
  const owner = (uid: string, controller: number[] = []) =>
    field(13, [
      ...field(1, 'Provider'),
      ...field(3, 'a'),
      ...field(4, uid),
      ...field(5, 'signalbox.dev/v1'),
      ...controller,
    ]);
  const raw = field(1, [...field(1, 'owned'), ...owner('u1', [(6 << 3) | 0, 1]), ...owner('u2')]);
  const reference = { apiVersion: 'signalbox.dev/v1', kind: 'Provider', name: 'a' };
  expect(readProtobuf(envelope('v1', 'Secret', raw))).toMatchObject({
    metadata: {
      ownerReferences: [
        { ...reference, uid: 'u1', controller: true },
        { ...reference, uid: 'u2' },
      ],
    },
  });
});

test('reads a review with its nested attributes', () => {
  const raw = field(2, field(1, [...field(2, 'create'), ...field(5, 'providers')]));
  expect(readProtobuf(envelope('authorization.k8s.io/v1', 'SelfSubjectAccessReview', raw))).toMatchObject({
    spec: { resourceAttributes: { verb: 'create', resource: 'providers' } },
  });
});

test('refuses other kinds and other bytes', () => {
  expect(() => readProtobuf(envelope('v1', 'Pod', []))).toThrow(expect.objectContaining({ code: 415 }));
  expect(() => readProtobuf(Buffer.from('{"kind": "Secret"}'))).toThrow(expect.objectContaining({ code: 400 }));
});

test('whatever the bytes, it answers or refuses, and never hangs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: secret.length }), (noise, cut) => {
      for (const bytes of [noise, secret.subarray(0, cut), Uint8Array.from([...secret.subarray(0, cut), ...noise])]) {
        try {
          readProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }
    }),
  );
});
