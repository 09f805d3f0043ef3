import fc from 'fast-check';
import { readJSON } from './read-json.js';

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(0, 2), (text, indent) => {
      const parsed: unknown = JSON.parse(text);
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(parsed)));
      expect(readJSON(JSON.stringify(parsed, null, indent))).toEqual(parsed);
    }),
  );
});

test('refuses what JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123.eE+-truefalsn \\\n')) }), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      // A duplicate key is the one thing that only JSON.parse takes.
      if (valid && !text.includes('{')) expect(readJSON(text)).toEqual(JSON.parse(text));
      if (!valid) expect(() => readJSON(text)).toThrow();
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['a duplicate key', '{"spec": {"a": 1,\n "a": 2}}', 'line 2, spec.a: duplicate key'],
  ['__proto__', '{"__proto__": {}}', 'line 1, __proto__: this key is not allowed'],
  ['an escaped __proto__', '{"\\u005f_proto__": {}}', '__proto__: this key is not allowed'],
  ['depth', '['.repeat(100) + ']'.repeat(100), /nested deeper than 64/],
  ['a huge number', '{"a": 1e999}', 'line 1, a: the number is too large'],
  ['an early end', '{"a": ', 'line 1, a: the JSON ends early'],
  ['text behind', '{} x', 'unexpected text after the JSON value'],
  ['single quotes', "{'a': 1}", 'a string in double quotes expected'],
  ['a trailing comma', '[1,]', 'not JSON'],
  ['nothing', '', 'the JSON ends early'],
])('refuses %s', (_, text, message) => {
  expect(() => readJSON(text)).toThrow(message);
});
