import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { safeCode, safeMessage, safeParam } from './safe-text.js';

describe('text of an upstream', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc***xyz1.', 'sk-proj'],
    ['Incorrect API key provided: sk-abcdefghijklmnopqrstuvwxyz0123456789. You can find', 'abcdefgh'],
    ['bad token Bearer abc.def.ghi given', 'abc.def'],
    ['gsk_a1b2c3d4 is not valid', 'a1b2c3d4'],
    ['key "Zm9vYmFyYmF6cXV4Zm9vYmFy" unknown', 'Zm9v'],
    ['Authorization: Basic dXNlcjpwYXNz', 'dXNl'],
  ])('loses what looks like a secret: %s', (text, secret) => {
    expect(safeMessage(text)).toContain('[redacted]');
    expect(safeMessage(text)).not.toContain(secret);
  });

  it('keeps ordinary words', () => {
    const text = 'The model `gpt-4o-mini` does not exist or you do not have access to it (max_completion_tokens=4096).';
    expect(safeMessage(text)).toBe(text);
  });

  it('is one bounded line, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const message = safeMessage(text);
        expect(message.length).toBeLessThanOrEqual(300);
        expect(message).not.toMatch(/[\p{Cc}\u2028]/u);
      }),
    );
  });

  it('is cut at its limit', () => {
    expect(safeMessage('word '.repeat(100))).toHaveLength(300);
  });

  it('never holds a key of 24 characters or more', () => {
    const letters = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.split(''));
    const key = fc.array(letters, { minLength: 24, maxLength: 60 }).map((list) => list.join(''));
    fc.assert(
      fc.property(
        key,
        fc.string(),
        fc.string(),
        fc.constantFrom('', 'sk-', 'gsk_', 'sbx_', 'Bearer '),
        (secret, a, b, prefix) => {
          expect(safeMessage(`${a} ${prefix}${secret} ${b}`)).not.toContain(secret);
          expect(safeCode(prefix + secret)).toBeUndefined();
        },
      ),
    );
  });

  it('is a parameter only if it is the path of a field', () => {
    const params = ['messages', 'messages[0].content', 'tools.0.type', 'max_completion_tokens'];
    expect(params.map(safeParam)).toEqual(params);
    expect(['', '0', 'a b', 'a\nb', '<b>', 'x'.repeat(129), 'sk-abc1'].map(safeParam)).toEqual(
      Array(7).fill(undefined),
    );
  });

  it('keeps nothing of the text that it was cut from', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const kept: string[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 30; index += 1) kept.push(safeMessage(`${'no.blank.in.it.'.repeat(25_000)}${index}`));
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(kept).toHaveLength(30);
  });

  it('is a code only if it is a short word or a number', () => {
    const codes = ['rate_limit_exceeded', 'service_tier_capacity_exceeded', 'E.1-a', '402'];
    expect(codes.map(safeCode)).toEqual(codes);
    expect(['', 'two words', '1234567', 'x'.repeat(65), 'sk-abc1'].map(safeCode)).toEqual(Array(5).fill(undefined));
  });
});
