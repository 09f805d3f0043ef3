import { checkObject } from '../check.js';
import type { ApiObject } from '#libs/apimachinery';
import { apiKeyOf } from './api-key.js';
import { secret } from './index.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const object = (more: Record<string, unknown>): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'default' },
  ...more,
});

describe('Secret', () => {
  it('moves stringData into data, where it wins, and touches nothing else', () => {
    const written = object({ data: { a: base64('old'), b: base64('kept') }, stringData: { a: 'new' }, type: 'x' });
    const before = structuredClone(written);
    expect(secret.prepare!(written)).toEqual(object({ data: { a: base64('new'), b: base64('kept') }, type: 'x' }));
    expect(JSON.stringify(written)).toBe(JSON.stringify(before));
    expect(secret.prepare!(object({ stringData: { a: 'new' } }))).toEqual(
      object({ data: { a: base64('new') }, type: 'Opaque' }),
    );
    expect(secret.prepare!(object({ data: {} }))).toEqual(object({ data: {}, type: 'Opaque' }));
  });

  it('fills in type and immutability', () => {
    const { effective } = checkObject(secret, object({ data: { a: base64('x') } }));
    expect(effective).toEqual(object({ data: { a: base64('x') }, type: 'Opaque', immutable: false }));
  });

  it.each([
    [{ data: { a: 'not base64' } }, 'data.a'],
    [{ data: { 'a b': '' } }, 'data[a b]'],
    [{ data: { a: 1 } }, 'data.a'],
    [{ spec: {} }, 'spec'],
    [{ data: { a: Buffer.alloc(1024 * 1024 + 1).toString('base64') } }, 'data'],
  ])('refuses %j at %s', (more, path) => {
    const { errors } = checkObject(secret, object(more));
    expect(errors.map((error) => error.path)).toEqual([path]);
  });

  it('refuses without a word of the value', () => {
    const { errors } = checkObject(secret, object({ data: { a: 'sk-canary' }, stringData: { b: 7 } }));
    expect(errors).toHaveLength(2);
    expect(JSON.stringify(errors)).not.toContain('canary');
  });

  it('holds what is immutable', () => {
    const before = object({ data: { a: base64('x') }, immutable: true });
    const change = (more: Record<string, unknown>) =>
      secret.validateUpdate!(before, object(more)).map(({ path }) => path);
    expect(change({ data: { a: base64('x') }, immutable: true })).toEqual([]);
    expect(change({ data: { a: base64('y') }, immutable: true })).toEqual(['data']);
    expect(change({ data: { a: base64('x'), b: '' }, immutable: true })).toEqual(['data']);
    expect(change({ data: {}, immutable: true })).toEqual(['data']);
    expect(change({ data: { a: base64('x') } })).toEqual(['immutable']);
    expect(secret.validateUpdate!(object({ data: {} }), object({ data: { a: base64('x') } }))).toEqual([]);
  });

  it('warns of a line break at the end, by name alone', () => {
    expect(secret.warnings!(object({ data: { a: base64('sk-canary\n'), b: base64('x') } }))).toEqual([
      'data.a: ends with a line break, which is left out where the value is used as an API key',
    ]);
    expect(secret.warnings!(object({}))).toEqual([]);
  });
});

describe('an entry as an API key', () => {
  it.each([
    ['sk-1', 'sk-1'],
    ['sk-1\n', 'sk-1'],
    ['sk-1\r\n', 'sk-1'],
    ['two words', 'two words'],
  ])('%j is sent as %j', (text, value) => expect(apiKeyOf(base64(text))).toEqual({ value }));

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    ['sk-1\n\n', 'has a line break in it'],
    ['sk-1\nx-evil: 1', 'has a line break in it'],
    ['sk\rx', 'has a line break in it'],
    ['sk-1\u0000', 'has characters in it that are not printable ASCII'],
    ['clé', 'has characters in it that are not printable ASCII'],
    [' sk-1', 'starts or ends with a blank'],
    ['k'.repeat(16 * 1024 + 1), 'is longer than the 16384 bytes of a key'],
  ])('%j is unusable', (text, problem) => expect(apiKeyOf(base64(text))).toEqual({ problem }));
});
