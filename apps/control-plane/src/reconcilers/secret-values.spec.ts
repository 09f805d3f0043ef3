import type { ApiObject } from '#libs/resources';
import { SecretValues } from './secret-values.js';

const secret = (data: Record<string, string>, namespace = 'default'): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace },
  data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')])),
});
const values = () => new SecretValues((value) => `version of ${value}`);

describe('SecretValues', () => {
  it('gives compile a version for each entry and keeps the value', () => {
    const kept = values();
    const changes = kept.update('default/keys', secret({ a: 'sk-1' }));
    expect([...changes]).toEqual([['default/keys/a', { version: 'version of sk-1' }]]);
    expect(kept.get('default/keys/a')).toEqual({ version: 'version of sk-1', value: 'sk-1' });
  });

  it('leaves out one line break at the end, so that it makes no other version', () => {
    const kept = values();
    kept.update('default/keys', secret({ a: 'sk-1\n' }));
    expect(kept.get('default/keys/a')).toEqual({ version: 'version of sk-1', value: 'sk-1' });
  });

  it('keeps no value that no header can carry, and says why', () => {
    const kept = values();
    const changes = kept.update('default/keys', secret({ a: 'sk-1\nx-evil: 1' }));
    expect([...changes]).toEqual([['default/keys/a', { problem: 'has a line break in it' }]]);
    expect(kept.get('default/keys/a')).toBeUndefined();
    expect([...kept.facts()]).toEqual([['default/keys/a', { problem: 'has a line break in it' }]]);
  });

  it('forgets an entry that goes, and all of a Secret that goes', () => {
    const kept = values();
    kept.update('default/keys', secret({ a: 'sk-1', b: 'sk-2' }));
    expect([...kept.update('default/keys', secret({ b: 'sk-2' }))]).toEqual([
      ['default/keys/b', { version: 'version of sk-2' }],
      ['default/keys/a', undefined],
    ]);
    expect([...kept.update('default/keys', undefined)]).toEqual([['default/keys/b', undefined]]);
    expect([...kept.facts()]).toEqual([]);
  });

  it('takes nothing from the namespace of the system', () => {
    expect(values().update('signalbox-system/ca', secret({ key: 'x' }, 'signalbox-system')).size).toBe(0);
  });
});
