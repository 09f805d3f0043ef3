import { errorsOf, warningsOf } from '../testing/objects.js';

describe('Consumer', () => {
  it.each(['', 'sk-key-itself', 'A'.repeat(64), '0'.repeat(63), `${'0'.repeat(64)}\n`])(
    'takes no %j for a digest',
    (sha256) => {
      expect(errorsOf('Consumer', { keys: [{ name: 'a', sha256 }] })).toEqual([
        'spec.keys[0].sha256: must be the SHA-256 digest of the key as 64 lower-case hexadecimal digits; never put the key itself here',
      ]);
    },
  );

  it('refuses one digest under two names', () => {
    const sha256 = 'a'.repeat(64);
    expect(
      errorsOf('Consumer', {
        keys: [
          { name: 'a', sha256 },
          { name: 'b', sha256 },
        ],
      }),
    ).toEqual(['spec.keys[1].sha256: is the digest of the key "a" as well; remove one of the two']);
  });

  it('warns of a consumer that nobody can be', () => {
    expect(warningsOf('Consumer', { keys: [] })).toEqual([
      'spec.keys: there is no key, so no request can be from this consumer; make one with `signalbox consumer key`',
    ]);
    expect(warningsOf('Consumer', { keys: [], enabled: false })).toEqual([]);
    expect(warningsOf('Consumer', {})).toEqual([]);
  });
});
