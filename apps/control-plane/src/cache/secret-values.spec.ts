import type { ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { sealedObject } from '../store/sealed-object.js';
import { SecretValues } from './secret-values.js';

const secret = (data: Record<string, string>, namespace = 'default'): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace },
  data: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
});

describe('SecretValues', () => {
  let values: SecretValues;
  beforeEach(() => {
    values = new SecretValues((value) => `version of ${value.length}`);
  });

  it('tells versions, never values, of what changed', () => {
    const facts = values.update('key', secret({ a: 'canary', b: 'bb' }));
    expect([...facts]).toEqual([
      ['default/s/a', { version: 'version of 6' }],
      ['default/s/b', { version: 'version of 2' }],
    ]);
    expect(values.get('default/s/a')).toEqual({ version: 'version of 6', value: 'canary' });
  });

  it('tells of entries that are gone, and of a Secret that is', () => {
    values.update('key', secret({ a: '1', b: '2' }));
    expect([...values.update('key', secret({ b: '2' }))]).toEqual([
      ['default/s/b', { version: 'version of 1' }],
      ['default/s/a', undefined],
    ]);
    expect([...values.update('key', undefined)]).toEqual([['default/s/b', undefined]]);
    expect([...values.facts()]).toEqual([]);
  });

  it.each(['', 'can\nary', 'canary\n\n', 'can\0ary'])(
    'says why %j cannot be a credential, and holds it no longer',
    (bad) => {
      values.update('key', secret({ a: 'good' }));
      const [[, fact]] = [...values.update('key', secret({ a: bad }))] as [[string, unknown]];
      expect(fact).toHaveProperty('problem');
      expect(JSON.stringify(fact)).not.toContain('canary');
      expect(values.get('default/s/a')).toBeUndefined();
      expect([...values.facts()]).toEqual([['default/s/a', fact]]);
    },
  );

  describe('of a Secret that does not decrypt', () => {
    const sealed = (namespace = 'default') =>
      sealedObject({ kind: kindOf('v1', 'Secret')!, namespace, name: 's', uid: 'u' }, 'master key 0a is missing');

    it('goes on with the values it had, and takes the new ones once it opens', () => {
      values.update('key', secret({ a: 'good' }));
      expect([...values.update('key', sealed())]).toEqual([]);
      expect(values.get('default/s/a')?.value).toBe('good');
      expect([...values.update('key', secret({ a: 'rotated' }))]).toEqual([
        ['default/s/a', { version: 'version of 7' }],
      ]);
    });

    it('has a problem with every entry where it had no values, until it opens or goes', () => {
      const problem = { problem: "can't be decrypted: master key 0a is missing" };
      expect([...values.update('key', sealed())]).toEqual([['default/s/', problem]]);
      expect([...values.facts()]).toEqual([['default/s/', problem]]);
      expect([...values.update('key', secret({ a: '1' }))]).toEqual([
        ['default/s/a', { version: 'version of 1' }],
        ['default/s/', undefined],
      ]);
      expect([...values.facts()]).toEqual([['default/s/a', { version: 'version of 1' }]]);
      expect([...values.update('system', sealed('signalbox-system'))]).toEqual([]);
    });
  });

  it("leaves the product's own secrets out", () => {
    expect([...values.update('key', secret({ key: 'canary' }, 'signalbox-system'))]).toEqual([]);
  });
});
