import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { isEnvelope, open, rewrap, seal, type Envelope } from './envelope.js';
import { MasterKeys } from './master-keys.js';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const keys = new MasterKeys([newKey]);

test('what was sealed opens, in its context alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, context, other) => {
      const sealed = seal(text, context, keys);
      expect(open(sealed, context, keys)).toBe(text);
      fc.pre(other !== context);
      expect(() => open(sealed, other, keys)).toThrow('belongs to another object');
    }),
    { numRuns: 30 },
  );
});

test('an envelope survives JSON, and no two are alike', () => {
  const sealed = seal('text', 'c', keys);
  expect(open(JSON.parse(JSON.stringify(sealed)) as Envelope, 'c', keys)).toBe('text');
  expect(seal('text', 'c', keys)).not.toEqual(sealed);
});

test('any changed part is noticed', () => {
  const sealed = seal('text', 'c', keys);
  const flipped = (value: string): string => {
    const bytes = Buffer.from(value, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    return bytes.toString('base64');
  };
  for (const part of ['dataKey', 'data'] as const) {
    expect(() => open({ ...sealed, [part]: flipped(sealed[part]) }, 'c', keys)).toThrow('was changed');
    expect(() => open({ ...sealed, [part]: '' }, 'c', keys)).toThrow('was changed');
  }
});

test('the first key encrypts, all decrypt; without its key an envelope says which is missing', () => {
  const before = seal('text', 'c', new MasterKeys([oldKey]));
  const rotated = new MasterKeys([newKey, oldKey]);
  expect(open(before, 'c', rotated)).toBe('text');
  expect(seal('text', 'c', rotated).masterKey).toBe(keys.current.id);
  expect(() => open(before, 'c', keys)).toThrow(`master key ${before.masterKey} is not in the master key file`);
});

test('rewrapped, the same document opens under the new key alone', () => {
  const before = seal('text', 'c', new MasterKeys([oldKey]));
  const after = rewrap(before, 'c', new MasterKeys([newKey, oldKey]));
  expect(after).toMatchObject({ masterKey: keys.current.id, data: before.data });
  expect(open(after, 'c', keys)).toBe('text');
  expect(() => rewrap(before, 'c', keys)).toThrow(`master key ${before.masterKey} is not in the master key file`);
  expect(() => rewrap(before, 'other', new MasterKeys([newKey, oldKey]))).toThrow('belongs to another object');
});

test.each([null, 'text', {}, { envelope: 2 }, []])('%j is no envelope', (value) => {
  expect(isEnvelope(value)).toBe(false);
});
