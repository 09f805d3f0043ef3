import fc from 'fast-check';
import { BucketedMap } from '#libs/routing-table';
import type { SecretValue } from '../cache/secret-values.js';
import { newValues, revocations } from './credential-difference.js';

type Versions = Readonly<Record<string, string>>;
const secrets = (versions: Versions, base = BucketedMap.empty<SecretValue>()) => {
  const editor = base.edit();
  for (const [id] of base.entries()) if (!(id in versions)) editor.delete(id);
  for (const [id, version] of Object.entries(versions)) {
    if (base.get(id)?.version !== version) editor.set(id, { version, value: `${id}-${version}` });
  }
  return editor.freeze();
};

const none = { sent: undefined, served: undefined };

describe('what a data plane is sent of credentials', () => {
  it('a new one gets all that its table names', () => {
    expect(newValues(secrets({ a: '1' }), none)).toEqual({
      type: 'credentials',
      values: [{ id: 'a', version: '1', value: 'a-1' }],
      revoked: [],
    });
    expect(newValues(secrets({}), none)).toBeUndefined();
    expect(revocations(undefined, secrets({ a: '1' }))).toBeUndefined();
  });

  it('whatever the two tables name: before the swap what is new, after it what is gone', () => {
    const versions = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(versions, versions, fc.boolean(), (before, after, shared) => {
        const sent = secrets(before);
        const next = shared ? secrets(after, sent) : secrets(after);
        const added = Object.entries(after).filter(([id, version]) => before[id] !== version);
        const gone = Object.keys(before).filter((id) => !(id in after));
        const values = newValues(next, { sent, served: sent })?.values ?? [];
        expect(new Map(values.map(({ id, version }) => [id, version]))).toEqual(new Map(added));
        expect(new Set(revocations(sent, next)?.revoked)).toEqual(new Set(gone));
      }),
    );
  });

  it('after a refusal, besides what is new: what only the refused table named', () => {
    const served = secrets({ a: '1', b: '1' });
    const sent = secrets({ a: '2', c: '1', d: '1' }, served);
    expect(newValues(secrets({ a: '1', d: '1' }, sent), { sent, served })).toEqual({
      type: 'credentials',
      values: [{ id: 'a', version: '1', value: 'a-1' }],
      // `b` is still served: a data plane of 0.1.0 would drop it.
      revoked: ['c'],
    });
    expect(new Set(newValues(secrets({}), { sent, served })?.revoked)).toEqual(new Set(['c', 'd']));
  });

  it('after an acknowledgement nothing is said to be over before the swap', () => {
    const served = secrets({ a: '1' });
    expect(newValues(secrets({ b: '1' }), { sent: served, served })?.revoked).toEqual([]);
  });

  it('looks at what changed alone: the other credentials of 10,000 are not touched', () => {
    const all = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`c${index}`, '1']));
    const sent = secrets(all);
    const next = secrets({ ...all, c17: '2' }, sent);
    let looks = 0;
    const counting = new Proxy(next, {
      get: (target, name) => {
        if (name !== 'bucket') return Reflect.get(target, name) as unknown;
        return (index: number) => {
          const bucket = target.bucket(index);
          if (bucket && bucket !== sent.bucket(index)) looks += bucket.size;
          return bucket;
        };
      },
    });
    expect(newValues(counting, { sent, served: sent })?.values).toEqual([{ id: 'c17', version: '2', value: 'c17-2' }]);
    expect(looks).toBeLessThan(100);
  });
});
