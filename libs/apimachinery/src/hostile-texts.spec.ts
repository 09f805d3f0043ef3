import { hostileShapes, steepGrowth } from '#libs/testing';
import { parseFieldSelector } from './field-selector.js';
import { parseLabelSelector } from './label-selector.js';
import { readJSON } from './manifest/read-json.js';
import { readYAML } from './manifest/read-yaml.js';
import { resolvePlainScalar } from './manifest/resolve-scalar.js';
import { readProtobuf } from './protobuf/read-protobuf.js';

/** The API takes no more than this in one request. */
const whole = { from: 12_288, to: 12_288 * 4 ** 4 };
/** YAML is read by the token, at a microsecond each; a quarter of the most shows how it grows. */
const quarter = { from: 3_072, to: 3_072 * 4 ** 4 };

/** Refusing is as good as reading, if it is as quick. */
function tried(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof RangeError) throw error;
  }
}

const yamlShapes: typeof hostileShapes = {
  ...hostileShapes,
  'lists in lists': (length) => '- '.repeat(length / 2),
  'keys in keys': (length) => '? '.repeat(length / 2),
  'one key after the other': (length) => 'a: '.repeat(length / 3),
  'open braces': (length) => '{'.repeat(length),
  quotes: (length) => `"${'\\"'.repeat(length / 2)}`,
  'an open quote over many lines': (length) => `"${'a\n\n'.repeat(length / 3)}`,
  'a block of empty lines': (length) => `|\n${' \n'.repeat(length / 2)}`,
  comments: (length) => '#\n'.repeat(length / 2),
  anchors: (length) => `&${'a'.repeat(length)} *`,
  tags: (length) => `!${'!'.repeat(length)}`,
  documents: (length) => '---\n'.repeat(length / 4),
  tabs: (length) => '\t'.repeat(length),
  'many short scalars': (length) => '- a\n'.repeat(length / 4),
};

describe('text up to 3 MB costs linear work', () => {
  it.each(Object.entries(yamlShapes))('as YAML: %s', (_, make) => {
    expect(
      steepGrowth((length) => {
        const text = make(length);
        tried(() => readYAML(`a: ${text}`));
      }, quarter),
    ).toBeUndefined();
  });

  it.each(Object.entries(yamlShapes))('as JSON: %s', (_, make) => {
    expect(
      steepGrowth((length) => {
        const text = make(length);
        tried(() => readJSON(text));
        tried(() => readJSON(`{"a":${JSON.stringify(text)}}`));
        tried(() => readJSON(`{"a":"${text}`));
      }, whole),
    ).toBeUndefined();
  });

  it.each(Object.entries(hostileShapes))('as a scalar or a selector: %s', (_, make) => {
    expect(
      steepGrowth((length) => {
        const text = make(length);
        tried(() => resolvePlainScalar(text));
        tried(() => resolvePlainScalar(`1${text}`));
        for (const start of ['', 'metadata.name=', 'metadata.name', 'a in (', 'a=']) {
          tried(() => parseFieldSelector(start + text));
          tried(() => parseLabelSelector(start + text));
        }
      }, whole),
    ).toBeUndefined();
  });

  it('as blanks and line breaks behind the operator of a field selector', () => {
    const make = (length: number): string => `metadata.name=${' '.repeat(length / 2)}\n${' '.repeat(length / 2)}\nx\ny`;
    expect(steepGrowth((length) => tried(() => parseFieldSelector(make(length))), whole)).toBeUndefined();
  });
});

describe('protobuf', () => {
  const bytes = (field: number, value: Buffer): Buffer => {
    let { length } = value;
    const size: number[] = [];
    do {
      size.push((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
      length >>>= 7;
    } while (length > 0);
    return Buffer.concat([Buffer.from([(field << 3) | 2, ...size]), value]);
  };
  const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
  const message = (kind: string, ...fields: Buffer[]): Buffer =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      bytes(1, Buffer.concat([text(1, 'v1'), text(2, kind)])),
      bytes(2, Buffer.concat(fields)),
    ]);
  const entries = (count: number): Buffer[] =>
    Array.from({ length: count }, (_, index) => bytes(4, Buffer.concat([text(1, `k${index}`), text(2, 'v')])));

  it('a map or a list with very many entries costs linear work', () => {
    const sizes = { from: 1_000, to: 64_000 };
    expect(
      steepGrowth((count) => {
        const read = readProtobuf(message('Secret', Buffer.concat(entries(count))));
        expect(Object.keys(read['stringData'] as object)).toHaveLength(count);
      }, sizes),
    ).toBeUndefined();
    expect(
      steepGrowth((count) => {
        const finalizers = Array.from({ length: count }, (_, index) => text(14, `f${index}`));
        const read = readProtobuf(message('Namespace', bytes(1, Buffer.concat(finalizers))));
        expect((read['metadata'] as { finalizers: string[] }).finalizers).toHaveLength(count);
      }, sizes),
    ).toBeUndefined();
  });

  it('an entry that would reach a prototype is refused, as in JSON', () => {
    const bad = bytes(4, Buffer.concat([text(1, '__proto__'), text(2, 'v')]));
    expect(() => readProtobuf(message('Secret', bad))).toThrow('stringData.__proto__: this key is not allowed');
  });
});
