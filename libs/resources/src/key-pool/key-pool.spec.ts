import { checkObject } from '../check.js';
import { errorsOf, kindNamed, objectOf, warningsOf } from '../testing/objects.js';

const key = (more: Record<string, unknown> = {}) => ({ name: 'a', valueFrom: { env: 'A' }, ...more });
const errors = (...keys: Record<string, unknown>[]): string[] => errorsOf('KeyPool', { keys });

describe('KeyPool', () => {
  it('fills in its defaults', () => {
    const { effective } = checkObject(kindNamed('KeyPool'), objectOf('KeyPool'));
    expect(effective!.spec).toEqual({
      providerRef: { name: 'openai' },
      selection: 'WeightedRandom',
      keys: [{ name: 'main', valueFrom: { env: 'OPENAI_API_KEY' }, weight: 1, enabled: true, quotaGroup: 'main' }],
      cooldown: { rateLimit: '10s', maxRateLimit: '5m', quota: '1h', auth: 'UntilRotated' },
      onExhausted: { type: 'Fallback', queue: { maxDepth: 100, maxWait: '2s' } },
    });
  });

  it.each<[string, Record<string, unknown>[], string]>([
    [
      'no source',
      [key({ valueFrom: {} })],
      'spec.keys[0].valueFrom: say where the value is: one of secretKeyRef, env and file',
    ],
    [
      'two sources',
      [key({ valueFrom: { env: 'A', file: 'a' } })],
      'spec.keys[0].valueFrom: has env and file; keep exactly one of them',
    ],
    [
      'an inline value',
      [key({ valueFrom: { value: 'sk-1' } })],
      'spec.keys[0].valueFrom.value: unknown field; known here: secretKeyRef, env, file',
    ],
    [
      'a path that climbs',
      [key({ valueFrom: { file: 'keys/../../etc/passwd' } })],
      'spec.keys[0].valueFrom.file: must not climb with ".."',
    ],
    [
      'a variable that is none',
      [key({ valueFrom: { env: 'A-B' } })],
      'spec.keys[0].valueFrom.env: must be the name of an environment variable',
    ],
    [
      'weights that add up to 0',
      [key({ weight: 0 }), key({ name: 'b', enabled: false })],
      'spec.keys: the weights of the enabled keys add up to 0; give at least one a weight above 0, or disable them',
    ],
    [
      'a quota group of two minds',
      [key({ quotaGroup: 'g', limits: { concurrency: 1 } }), key({ name: 'b', quotaGroup: 'g' })],
      'spec.keys[1].limits.concurrency: keys "a" and "b" share the quota group "g", so their limits must be equal',
    ],
    [
      'a name with a line break',
      [key({ name: 'a\n' })],
      'spec.keys[0].name: must be letters, digits, "-", "_" and ".", starting and ending with a letter or digit',
    ],
  ])('refuses %s', (_title, keys, expected) => expect(errors(...keys)).toEqual([expected]));

  it('refuses a cooldown that can not be', () => {
    expect(errorsOf('KeyPool', { cooldown: { rateLimit: '10m', auth: 'Never' } })).toEqual([
      'spec.cooldown.auth: must be UntilRotated or a duration such as 10m',
    ]);
    expect(errorsOf('KeyPool', { cooldown: { rateLimit: '10m' } })).toEqual([
      'spec.cooldown.maxRateLimit: must be at least rateLimit (10m)',
    ]);
    expect(errorsOf('KeyPool', { cooldown: { auth: '10m' } })).toEqual([]);
  });

  it('accepts keys of one group with equal limits', () => {
    const both = { quotaGroup: 'g', limits: { concurrency: 2 } };
    expect(errors(key(both), key({ ...both, name: 'b' }))).toEqual([]);
  });

  it('warns of a pool without an enabled key', () => {
    expect(warningsOf('KeyPool', { keys: [key({ enabled: false })] })).toEqual([
      'spec.keys: no key is enabled, so no route can use this pool',
    ]);
    expect(warningsOf('KeyPool', {})).toEqual([]);
  });
});
