import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

const text = (value: unknown) => new TextDecoder().decode(canonicalJson(value));

/** The same value with the members of every object in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of Object.entries(value).reverse()) copy[name] = reversed(member);
  return copy;
}

describe('canonicalJson', () => {
  it('sorts members at every depth and writes no blanks', () => {
    expect(text({ b: [{ d: 1, c: 'x y' }], a: null, B: true })).toBe('{"B":true,"a":null,"b":[{"c":"x y","d":1}]}');
  });

  it('keeps a member called __proto__ as data', () => {
    expect(text(JSON.parse('{"z":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"z":1}');
  });

  it.each([
    [{ a: { b: undefined } }, '$.a.b: undefined'],
    [[1, Number.NaN], '$[1]: NaN'],
    [{ a: Infinity }, '$.a: Infinity'],
    [Array.from({ length: 1 }), '$[0]: undefined'],
    [{ when: new Date(0) }, '$.when: only plain objects'],
    [new Map(), '$: only plain objects'],
    [{ f: () => 1 }, '$.f: function'],
    [1n, '$: bigint'],
  ])('refuses what JSON would drop or guess at: %p', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });

  it('gives JSON that parses back to the value, whatever the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = text(value);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text(reversed(value))).toBe(written);
        expect(text(JSON.parse(written))).toBe(written);
      }),
    );
  });
});
