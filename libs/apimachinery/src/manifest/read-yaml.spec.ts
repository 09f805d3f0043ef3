import fc from 'fast-check';
import { dump } from 'js-yaml';
import { defaultManifestLimits } from './manifest-error.js';
import { readYAML } from './read-yaml.js';

const values = (text: string): unknown[] => readYAML(text).map((document) => document.value);

test('reads several documents, leaves empty ones out, and tells number and line', () => {
  expect(readYAML('a: 1\n---\n# nothing\n---\nb: {c: [x, 2]}\n')).toEqual([
    { number: 1, line: 1, value: { a: 1 } },
    { number: 3, line: 5, value: { b: { c: ['x', 2] } } },
  ]);
});

test('a JSON text is a YAML text', () => {
  expect(values('{"a": [1, true, null, "on\\u0041"]}')).toEqual([{ a: [1, true, null, 'onA'] }]);
});

test('quoted scalars and !!str stay strings', () => {
  expect(values('a: "on"\nb: \'1\'\nc: !!str off\nd: |\n  yes\n')).toEqual([{ a: 'on', b: '1', c: 'off', d: 'yes\n' }]);
});

test('aliases are copies, merge keys fill in what is absent', () => {
  const [document] = values('base: &b {x: 1, z: 2}\nuse: *b\nmerged: {<<: *b, z: 3}') as [Record<string, object>];
  expect(document).toEqual({ base: { x: 1, z: 2 }, use: { x: 1, z: 2 }, merged: { x: 1, z: 3 } });
  expect(document.use).not.toBe(document.base);
});

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'
  .split('')
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
  .join('\n')}`;

test.each([
  ['a duplicate key', 'spec:\n  a: 1\n  a: 2\n', 'document 1, line 3, spec.a: duplicate key'],
  ['a duplicate key in the second document', 'a: 1\n---\nb: 1\nb: 2', 'document 2, line 4, b: duplicate key'],
  ['keys that are equal once resolved', 'yes: 1\non: 2', 'document 1, line 2, true: duplicate key'],
  ['__proto__', 'spec: {__proto__: {admin: true}}', 'document 1, line 1, spec.__proto__: this key is not allowed'],
  ['an alias bomb', bomb, /values after aliases are expanded|more than 100 aliases/],
  ['an alias without its anchor', 'a: *b', /unidentified alias|an alias names no earlier anchor/],
  ['an alias of the node around it', 'a: &a [*a]', 'document 1, line 1, a[0]: an alias names no earlier anchor'],
  ['a map as key', '? {a: 1}\n: 2', /a key must be a string/],
  ['a null key', '~: 1', /a key must be a string, not null/],
  ['a foreign tag', 'a: !!binary aGk=', 'document 1, line 1, a: the tag !!binary is not allowed'],
  ['a language tag', 'a: !!js/function x', /is not allowed/],
  ['a tag on a map', 'a: !!set {x}', /the tag !!set is not allowed/],
  ['infinity', 'spec: {v: .inf}', 'document 1, line 1, spec.v: the number has no JSON form'],
  ['a wrong explicit tag', 'a: !!int x', 'document 1, line 1, a: the value is no int'],
  ['broken flow syntax', 'a: [1, 2', /^line 1: not YAML: /],
  ['a tab as indentation', 'a:\n\tb: 1', /not YAML/],
  ['depth', '['.repeat(70) + ']'.repeat(70), /not YAML: .*(depth|nest)/i],
  ['too large a text', ' '.repeat(defaultManifestLimits.maxBytes + 1), /the text is over/],
  ['too many documents', 'a: 1\n---\n'.repeat(2_001), /more than 2000 documents/],
])('refuses %s', (_, text, message) => {
  expect(() => readYAML(text)).toThrow(message);
});

test('what the dumper writes is read back', () => {
  const json = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-m][a-z0-9]{1,6}$/), tie('node'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node;
  fc.assert(
    fc.property(json, (value) => {
      expect(values(dump({ value }))).toEqual([{ value }]);
    }),
  );
});
