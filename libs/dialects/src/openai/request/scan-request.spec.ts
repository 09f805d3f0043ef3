import fc from 'fast-check';
import { seededRandom } from '#libs/testing';
import { RequestFault } from '../../request/request-fault.js';
import { type RequestScan, scanRequest } from './scan-request.js';
import { spliceRequest, spliceText } from './splice-request.js';

function scanned(text: string): RequestScan {
  const scan = scanRequest(Buffer.from(text));
  if (scan instanceof RequestFault) throw new Error(scan.message);
  return scan;
}

function refused(text: string): RequestFault {
  const scan = scanRequest(Buffer.from(text));
  if (scan instanceof RequestFault) return scan;
  throw new Error('it was accepted');
}

/** On bytes and on their Latin-1 view, which have to agree. */
function splice(text: string, name: string, forceUsage: boolean): string {
  const body = Buffer.from(text);
  const scan = scanned(text);
  const spliced = spliceRequest(body, scan, name, forceUsage);
  expect(spliceText(body.toString('latin1'), scan, name, forceUsage)).toBe(spliced.toString('latin1'));
  return spliced.toString('utf8');
}

describe('the scan of a request', () => {
  it('finds model, stream flag and usage wish in any order and layout', () => {
    const text =
      '{\n "messages" : [ ],\t"stream_options":{"include_usage": true}, "stream": true,\r\n"model" : "a" }\n';
    expect(scanned(text)).toMatchObject({ model: 'a', stream: true, includeUsage: true });
  });

  it('decodes keys and model', () => {
    const scan = scanned('{"mod\\u0065l":"gr\\u00fcn-日本\\n","messages":[]}');
    expect(scan.model).toBe('grün-日本\n');
  });

  it.each([
    ['{"model":"a","messages":[]}', false, false],
    ['{"model":"a","messages":[],"stream":null,"stream_options":null}', false, false],
    ['{"model":"a","messages":[],"stream":false,"stream_options":{}}', false, false],
    ['{"model":"a","messages":[],"stream":true,"stream_options":{"include_usage":null,"x":[1]}}', true, false],
    ['{"model":"a","messages":[],"stream":true,"stream_options":{"x":{},"include_usage":true}}', true, true],
  ])('%s', (text, stream, includeUsage) => {
    expect(scanned(text)).toMatchObject({ stream, includeUsage });
  });

  it.each([
    ['', 'invalid_json', null, 'expected an object at byte 0'],
    ['[]', 'invalid_json', null, 'expected an object'],
    ['"model"', 'invalid_json', null, 'expected an object'],
    ['\ufeff{"model":"a","messages":[]}', 'invalid_json', null, 'expected an object'],
    ['{"model":"a","messages":[1 2]}', 'invalid_json', null, "expected ',' or ']'"],
    ['{"model":"a","messages":[]', 'invalid_json', null, "expected ',' or '}' at byte 26"],
    ['{"model":"a","messages":[]}}', 'invalid_json', null, 'unexpected data after'],
    ['{"model":"a","messages":[],}', 'invalid_json', null, 'property name'],
    ['{"model":"a","messages":[{"__proto__":1}]}', 'invalid_json', null, "property name '__proto__'"],
    ['{"model":"a","__proto__":{},"messages":[]}', 'invalid_json', null, "property name '__proto__'"],
    ['{"model":"a","messages":[{"\\u005f_proto_\\u005F":1}]}', 'invalid_json', null, "property name '__proto__'"],
    [`{"model":"a","messages":${'['.repeat(200)}${']'.repeat(200)}}`, 'invalid_json', null, 'nested levels'],
    [`{"model":"a","x":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, 'invalid_json', null, 'nested levels'],
    ['{"messages":[]}', 'missing_required_parameter', 'model', "'model'"],
    ['{}', 'missing_required_parameter', 'model', "'model'"],
    ['{"model":"a"}', 'missing_required_parameter', 'messages', "'messages'"],
    ['{"model":7,"messages":[]}', 'invalid_type', 'model', 'expected a string'],
    ['{"model":null,"messages":[]}', 'invalid_type', 'model', 'expected a string'],
    ['{"model":"","messages":[]}', 'invalid_value', 'model', 'name of a model'],
    [`{"model":"${'a'.repeat(257)}","messages":[]}`, 'invalid_value', 'model', 'at most 256 characters'],
    ['{"model":"a","messages":"hi"}', 'invalid_type', 'messages', 'expected an array'],
    ['{"model":"a","messages":[],"stream":"yes"}', 'invalid_type', 'stream', 'expected a boolean'],
    ['{"model":"a","messages":[],"stream_options":[]}', 'invalid_type', 'stream_options', 'expected an object'],
    [
      '{"model":"a","messages":[],"stream_options":{"include_usage":1}}',
      'invalid_type',
      'stream_options.include_usage',
      'expected a boolean',
    ],
    ['{"model":"a","messages":[],"model":"b"}', 'duplicate_parameter', 'model', 'more than once'],
    ['{"model":"a","messages":[],"mod\\u0065l":"b"}', 'duplicate_parameter', 'model', 'more than once'],
    ['{"é":1,"\\u00e9":1,"model":"a","messages":[]}', 'duplicate_parameter', 'é', 'more than once'],
    [
      '{"model":"a","messages":[],"stream_options":{"include_usage":false,"include_usag\\u0065":true}}',
      'duplicate_parameter',
      'stream_options.include_usage',
      'more than once',
    ],
    [
      `{"model":"a","messages":[],${Array.from({ length: 30 }, (_, i) => `"k${i}":0`).join()},"k3":1}`,
      'duplicate_parameter',
      'k3',
      'more than once',
    ],
  ])('refuses %s', (text, code, param, message) => {
    const fault = refused(text);
    expect(fault).toMatchObject({ code, param });
    expect(fault.message).toContain(message);
  });

  it.each([
    ['"Model":"b"', 'Model', "'model'"],
    ['"MODEL":"b"', 'MODEL', "'model'"],
    ['"mod\\u0045l":"b"', 'modEl', "'model'"],
    ['"Messages":[]', 'Messages', "'messages'"],
    ['"me\u017f\u017fages":[]', 'meſſages', "'messages'"],
    ['"Stream":true', 'Stream', "'stream'"],
    ['"STREAM_OPTIONS":{}', 'STREAM_OPTIONS', "'stream_options'"],
    ['"N":2', 'N', "'n'"],
    ['"stream_options":{"Include_Usage":true}', 'stream_options.Include_Usage', "'stream_options.include_usage'"],
  ])('refuses a key that is one of its own but for its case, before and after it: %s', (member, param, known) => {
    for (const text of [
      `{"model":"a","messages":[],${member}}`,
      `{${member},"model":"a","messages":[]}`,
      `{${member}}`,
    ]) {
      const fault = refused(text);
      expect(fault).toMatchObject({ code: 'ambiguous_parameter', param });
      expect(fault.message).toContain(`send ${known}, once`);
    }
  });

  it('minds no other key in capitals, and none in depth', () => {
    expect(scanned('{"model":"a","messages":[{"Model":"b"}],"Temperature":1,"X-Model":2,"models":[]}').model).toBe('a');
  });

  it.each([
    ['1', 1],
    ['3', 3],
    ['null', 1],
    ['0', 1],
    ['2.5', 1],
    ['"2"', 1],
    ['[2]', 1],
    [' 2 ', 2],
  ])('reads how many answers are asked for: %s', (n, choices) => {
    expect(scanned(`{"model":"a","n":${n},"messages":[]}`).choices).toBe(choices);
  });

  it('refuses a million equal keys as quickly as two', () => {
    const text = `{"model":"a","messages":[],${'"k":0,'.repeat(1_000_000)}"z":0}`;
    expect(refused(text).param).toBe('k');
  });
});

describe('the splice', () => {
  it('hands the same bytes on when nothing changes', () => {
    const body = Buffer.from('{"model":"a","messages":[],"stream_options":{"include_usage":true}}');
    const scan = scanned(body.toString());
    expect(spliceRequest(body, scan, 'a', true)).toBe(body);
    expect(spliceRequest(body, scan, 'a', false)).toBe(body);
  });

  it.each([
    ['{"model":"a","messages":[]}', '{"model":"ü\\"","messages":[],"stream_options":{"include_usage":true}}'],
    [
      '{ "x": 1e2,"model" : "a","messages":[] }',
      '{ "x": 1e2,"model" : "ü\\"","messages":[] ,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream_options":{"include_usage":false},"model":"a","messages":[]}',
      '{"stream_options":{"include_usage":true},"model":"ü\\"","messages":[]}',
    ],
    [
      '{"model":"a","stream_options": null,"messages":[]}',
      '{"model":"ü\\"","stream_options": {"include_usage":true},"messages":[]}',
    ],
    [
      '{"model":"a","stream_options":{ },"messages":[]}',
      '{"model":"ü\\"","stream_options":{"include_usage":true},"messages":[]}',
    ],
    [
      '{"model":"a","stream_options":{"x":1 },"messages":[]}',
      '{"model":"ü\\"","stream_options":{"x":1 ,"include_usage":true},"messages":[]}',
    ],
  ])('%s', (text, expected) => {
    expect(splice(text, 'ü"', true)).toBe(expected);
  });
});

/** JSON text of a value with random blanks and random escapes. */
function printed(value: unknown, next: () => number): string {
  const blank = () => ['', '', '', ' ', '\n', '\t ', '\r\n'][Math.floor(next() * 7)]!;
  const string = (text: string) =>
    `"${JSON.stringify(text)
      .slice(1, -1)
      .replace(/[a-z]/g, (c) => (next() < 0.05 ? `\\u00${c.charCodeAt(0).toString(16)}` : c))}"`;
  const safe = (text: string) => (JSON.stringify(text).includes('\\') ? JSON.stringify(text) : string(text));
  if (typeof value === 'string') return safe(value);
  if (Array.isArray(value)) return `[${blank()}${value.map((v) => printed(v, next) + blank()).join(`,${blank()}`)}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([k, v]) => `${blank()}${safe(k)}${blank()}:${blank()}${printed(v, next)}${blank()}`,
    );
    return `{${members.join(',') || blank()}}`;
  }
  return JSON.stringify(value);
}

const streamOptions = fc.oneof(
  fc.constant(null),
  fc.dictionary(fc.constantFrom('include_usage', 'other', 'é'), fc.boolean()),
);
const known = fc.record(
  {
    model: fc.string({ minLength: 1, unit: 'binary' }),
    messages: fc.array(fc.jsonValue()),
    stream: fc.boolean(),
    stream_options: streamOptions,
  },
  { requiredKeys: ['model', 'messages'] },
);
const unknown = fc.dictionary(
  fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 4 }),
  { noNullPrototype: true },
);

describe('scan and splice', () => {
  it('do what parse and edit would, and keep every other member in its place', () => {
    const noProto = (value: unknown): boolean => !JSON.stringify(value).includes('__proto__');
    fc.assert(
      fc.property(
        unknown,
        known,
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.integer(),
        (more, fields, name, forceUsage, seed) => {
          const request: Record<string, unknown> = { ...more, ...fields };
          fc.pre(noProto(request));
          const text = printed(request, seededRandom(seed));
          const expected = JSON.parse(text) as Record<string, unknown>;
          expect(scanned(text)).toMatchObject({
            model: Buffer.from(String(expected['model'])).toString(),
            stream: expected['stream'] === true,
          });
          expected['model'] = name;
          if (forceUsage)
            expected['stream_options'] = { ...(expected['stream_options'] as object | null), include_usage: true };
          expect(JSON.stringify(JSON.parse(splice(text, name, forceUsage)))).toBe(
            JSON.stringify(JSON.parse(Buffer.from(JSON.stringify(expected)).toString())),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
