import { jest } from '@jest/globals';
import fc from 'fast-check';
import { decodeString, JsonFault, JsonScanner } from './json-scanner.js';

function accepts(text: string): boolean {
  const body = Buffer.from(text);
  const scanner = new JsonScanner(body, body.toString('latin1'), 64);
  try {
    scanner.value(1);
    scanner.end();
    return true;
  } catch (error) {
    if (error instanceof JsonFault) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const long = 'x'.repeat(40);

const texts = [
  ['0', '-0', '1.5', '1e5', '1E+5', '1e-5', '12.0e0', ' 1 ', '01', '-', '1.', '.5', '1e', '1e+', '+1', '0x10', 'NaN'],
  ['true', 'false', 'null', 'nul', 'True', 'nulll', 'tru', ''],
  [
    '""',
    '"a"',
    '"',
    '"a',
    "'a'",
    '"\\""',
    '"\\\\"',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\u00e9"',
    '"\\/\\b\\f\\n\\r\\t"',
  ],
  [
    '"\n"',
    '"\t"',
    '"\u0000"',
    '"\u001f"',
    '"\u007f"',
    '"\u2028"',
    `"${long}\n${long}"`,
    `"${long}\u0001"`,
    `"${long}é日"`,
  ],
  [
    `"${long}`,
    `"${long}\\"${long}"`,
    `"${long}\\`,
    `"${long}\\q"`,
    `"${long}\\u00e9\\\\"`,
    `"${long}\\\\" `,
    `"\\n${long}\\n${long}\\n"`,
  ],
  ['[]', '[ ]', '[1,2]', '[1 2]', '[1,]', '[,1]', '[', ']', '[1', '[1}', '[[]]'],
  [
    '{}',
    '{ }',
    '{"a":1}',
    '{"a" : 1 , "b":[]}',
    '{a:1}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":1]',
    '{"a":1',
    '{1:1}',
  ],
  ['[] []', '[]]', '/**/1', '\u00a01', '\u000b1', '1\f'],
];

describe('the scanner accepts what JSON.parse accepts', () => {
  it.each(texts.flat())('%j', (text) => {
    expect(accepts(text)).toBe(parses(text));
  });

  it('whatever is done to a valid text', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'u', '\n', '\u0001', ' ', 'é'),
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.string(), fc.array(edit, { maxLength: 3 }), (json, tail, edits) => {
        let text = json.replace('"', `"${tail.repeat(3).replace(/["\\\p{C}]/gu, '')}`);
        for (const [at, put] of edits) {
          const i = at % (text.length + 1);
          text = text.slice(0, i) + put + text.slice(i + 1);
        }
        fc.pre(!text.includes('__proto__'));
        expect(accepts(text)).toBe(parses(text));
      }),
      { numRuns: 1000 },
    );
  });
});

it('searches a text of many escapes once for its end, not once for each of them', () => {
  const body = Buffer.from(JSON.stringify(`${long}\n`.repeat(1_000)));
  const scanner = new JsonScanner(body, body.toString('latin1'), 64);
  const search = jest.spyOn(String.prototype, 'indexOf');
  try {
    scanner.value(1);
    expect(search.mock.calls.filter(([part]) => part === '"')).toHaveLength(1);
    expect(search.mock.calls.filter(([part]) => part === '\\').length).toBeGreaterThan(900);
  } finally {
    search.mockRestore();
  }
  scanner.end();
});

describe('decoding', () => {
  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const body = Buffer.from(JSON.stringify(text)).toString('latin1');
        expect(decodeString(body, 1, body.length - 1)).toBe(JSON.parse(Buffer.from(body, 'latin1').toString()));
      }),
    );
  });
});
