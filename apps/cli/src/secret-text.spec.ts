import fc from 'fast-check';
import { newConsumerKey, newEncryptionKey, newToken, sha256Hex } from './secret-text.js';

test('a consumer key is `sbx_` and 43 base-62 digits, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      expect(newConsumerKey(bytes)).toMatch(/^sbx_[0-9A-Za-z]{43}$/);
    }),
  );
});

test('no two byte strings give one key', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(newConsumerKey(one) === newConsumerKey(other)).toBe(Buffer.from(one).equals(other));
    }),
  );
});

test('the largest value still fits', () => {
  expect(newConsumerKey(new Uint8Array(32))).toBe(`sbx_${'0'.repeat(43)}`);
  expect(newConsumerKey(new Uint8Array(32).fill(255))).not.toBe(newConsumerKey(new Uint8Array(32).fill(254)));
});

test('each is new', () => {
  for (const make of [newConsumerKey, newToken, newEncryptionKey]) expect(make()).not.toBe(make());
});

test('the digest is lower-case hexadecimal SHA-256', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
