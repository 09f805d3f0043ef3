import fc from 'fast-check';
import { duration, durationMs } from './duration.js';
import { headerName, headerValue } from './headers.js';
import { itemName, modelName, modelPattern, reference } from './names.js';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: string): boolean =>
  schema.safeParse(value).success;

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['0s', 0],
    ['5s', 5_000],
    ['1m30s', 90_000],
    ['1h30m', 5_400_000],
    ['1h1m1s1ms', 3_661_001],
    ['99999ms', 99_999],
  ])('%s', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', '5', 's', '5 s', '1.5s', '-1s', '1d', '100000s', '1s1s1s1s1s', '5S'])('refuses %j', (text) => {
    expect(() => durationMs(text)).toThrow(RangeError);
    expect(accepts(duration('x'), text)).toBe(false);
  });

  it('adds up what it is made of', () => {
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(99_999), (minutes, ms) => {
        expect(durationMs(`${minutes}m${ms}ms`)).toBe(minutes * 60_000 + ms);
      }),
    );
  });

  it('are positive unless 0 means something, and at most a week', () => {
    expect(accepts(duration('x'), '0s')).toBe(false);
    expect(accepts(duration('x', { orZero: true }), '0s')).toBe(true);
    expect(accepts(duration('x'), '168h')).toBe(true);
    expect(accepts(duration('x'), '169h')).toBe(false);
  });
});

describe('names', () => {
  it.each(['gpt-4o', 'meta-llama/Llama-3.3-70B', 'ft:gpt-4o:org::id', '@cf/qwen/qwq-32b'])('%s is a model', (name) => {
    expect(accepts(modelName('x'), name)).toBe(true);
    expect(accepts(modelPattern('x'), name)).toBe(true);
  });
  it.each(['', 'a b', 'a\n', 'modèle', 'a\u0000'])('%j is no model', (name) => {
    expect(accepts(modelName('x'), name)).toBe(false);
    expect(accepts(modelPattern('x'), name)).toBe(false);
  });
  it.each(['*', 'gpt-*', '*-mini', 'a*b'])('%s is a pattern and no name', (name) => {
    expect(accepts(modelPattern('x'), name)).toBe(true);
    expect(accepts(modelName('x'), name)).toBe(false);
  });
  it('a pattern has one star', () => expect(accepts(modelPattern('x'), 'a*b*')).toBe(false));
  it.each(['a', 'a.b-c', '0'])('%s is a reference', (name) => {
    expect(reference('Provider').safeParse({ name }).success).toBe(true);
  });
  it.each(['', 'A', 'a/b', '-a', 'a_b', '..'])('%j is no reference', (name) => {
    expect(reference('Provider').safeParse({ name }).success).toBe(false);
  });
  it.each(['', ' a', 'a/b', 'a\n', '-a', 'a'.repeat(64)])('%j is no item name', (name) => {
    expect(accepts(itemName('x'), name)).toBe(false);
  });
});

describe('headers', () => {
  it.each(['x-team', 'X_Team', '!#$'])('%s is a name', (name) => expect(accepts(headerName('x'), name)).toBe(true));
  it.each(['', 'a b', 'a:', 'a\r\nb', 'é'])('%j is no name', (name) =>
    expect(accepts(headerName('x'), name)).toBe(false),
  );
  it.each(['', 'a b', '\ta'])('%j is a value', (value) => expect(accepts(headerValue('x'), value)).toBe(true));
  it.each(['a\r\nb: c', 'a\n', 'a\u0000', 'é'])('%j is no value', (value) =>
    expect(accepts(headerValue('x'), value)).toBe(false),
  );
});
