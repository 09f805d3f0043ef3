import type { ApiObject } from '#libs/apimachinery';
import { credentialNeeds, rollup, type ConnectedDataPlane, type Verdict } from './index.js';

const object = (kind: string, name: string, spec: object): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind,
  metadata: { name, namespace: 'default', uid: name, generation: 1 },
  spec: spec as Record<string, unknown>,
});
const pool = object('KeyPool', 'openai', {
  providerRef: { name: 'openai' },
  keys: [
    { name: 'one', valueFrom: { env: 'ONE' } },
    { name: 'two', valueFrom: { file: 'two.key' }, models: ['small'] },
    { name: 'three', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    { name: 'missing', valueFrom: { secretKeyRef: { name: 's', key: 'gone' } } },
    { name: 'off', valueFrom: { env: 'OFF' }, enabled: false },
    { name: 'drained', valueFrom: { env: 'DRAINED' }, weight: 0 },
  ],
});
const backend = (model: string, keyPool = 'openai') => ({ keyPoolRef: { name: keyPool }, model });
const policy = object('RoutePolicy', 'chat', {
  models: ['chat'],
  rules: [
    { name: 'main', backendRefs: [backend('small'), backend('large')] },
    {
      name: 'rest',
      backendRefs: [backend('small')],
      fallbacks: [{ errors: ['Timeout'], backendRefs: [backend('x'), backend('x', 'gone')] }],
    },
  ],
});
const surroundings = {
  pool: (namespace: string, name: string) => (namespace === 'default' && name === 'openai' ? pool : undefined),
  hasSecretEntry: (id: string) => id === 'default/s/k',
};

describe('what an object needs credentials for', () => {
  it('a KeyPool: each key that is in the table', () => {
    expect(credentialNeeds(pool, surroundings)).toEqual([
      { subject: 'Key "one"', anyOf: ['env:ONE'] },
      { subject: 'Key "two"', anyOf: ['file:two.key'] },
      { subject: 'Key "three"', anyOf: ['default/s/k'] },
      { subject: 'Key "drained"', anyOf: ['env:DRAINED'] },
    ]);
  });

  it('a RoutePolicy: for each model of a pool, fallbacks included, one of the keys that are picked for it', () => {
    const subject = (model: string) => `Model "${model}" of KeyPool default/openai`;
    expect(credentialNeeds(policy, surroundings)).toEqual([
      { subject: subject('small'), anyOf: ['env:ONE', 'file:two.key', 'default/s/k'] },
      { subject: subject('large'), anyOf: ['env:ONE', 'default/s/k'] },
      { subject: subject('x'), anyOf: ['env:ONE', 'default/s/k'] },
    ]);
  });

  it('others: nothing; one that is not valid: nothing', () => {
    expect(credentialNeeds(object('Provider', 'p', {}), surroundings)).toEqual([]);
    expect(credentialNeeds(object('KeyPool', 'p', { keys: 7 }), surroundings)).toEqual([]);
  });
});

describe('rollup with credentials that data planes cannot use', () => {
  const resolved: Verdict = {
    type: 'ResolvedRefs',
    status: 'True',
    reason: 'ResolvedRefs',
    message: 'Every reference was found.',
    observedGeneration: 1,
  };
  const plane = (name: string, unresolved?: Record<string, string>): ConnectedDataPlane => ({
    name,
    acknowledgedRevision: 5,
    ...(unresolved && { unresolved: new Map(Object.entries(unresolved)) }),
  });
  const unset = { 'env:ONE': 'the variable ONE is not set' };

  function judge(of: ApiObject, connected: readonly ConnectedDataPlane[], compiled = resolved) {
    const needs = credentialNeeds(of, surroundings);
    const verdicts = rollup({ compiled: [compiled], compiledRevision: 1, fleet: { connected }, needs });
    return Object.fromEntries(verdicts.map((verdict) => [verdict.type, verdict]));
  }

  it('a key that none can use: ResolvedRefs and Ready say which, why and what to do', () => {
    const { ResolvedRefs, Programmed, Ready } = judge(pool, [plane('a', unset)]);
    expect(ResolvedRefs).toMatchObject({ status: 'False', reason: 'CredentialNotResolved', observedGeneration: 1 });
    expect(ResolvedRefs!.message).toBe(
      'Key "one" can\'t be used on any data plane: the variable ONE is not set. ' +
        'Set it where the data plane runs, within its SIGNALBOX_CREDENTIAL_ENV or SIGNALBOX_CREDENTIAL_DIR, and restart it; ' +
        'or keep the key in a Secret and name that in valueFrom.secretKeyRef.',
    );
    expect(Programmed).toMatchObject({ status: 'True' });
    expect(Ready).toMatchObject({ ...ResolvedRefs, type: 'Ready' });
  });

  it('a key that some cannot use: says which of how many, by name, the first three', () => {
    const lacking = ['d', 'c', 'b', 'a'].map((name) => plane(name, unset));
    const { ResolvedRefs } = judge(pool, [...lacking.slice(2), plane('fine')]);
    expect(ResolvedRefs!.message).toContain("can't be used on 2 of 3 data planes (a, b): the variable ONE");
    expect(judge(pool, [...lacking, plane('fine')])['ResolvedRefs']!.message).toContain(
      '4 of 5 data planes (a, b, c, 1 more)',
    );
  });

  it('a policy minds only if some data plane has no key left for a model', () => {
    expect(judge(policy, [plane('a', unset)])['Ready']).toMatchObject({ status: 'True' });
    const { Ready } = judge(policy, [plane('a', { ...unset, 'default/s/k': 'the value is empty' }), plane('b', unset)]);
    expect(Ready).toMatchObject({ status: 'False', reason: 'CredentialNotResolved' });
    expect(Ready!.message).toContain(
      'Model "large" of KeyPool default/openai can\'t be used on 1 of 2 data planes (a): the variable ONE is not set; the value is empty.',
    );
    expect(Ready!.message).not.toContain('small');
  });

  it('what compile found keeps its reason, and is not hidden', () => {
    const broken: Verdict = {
      ...resolved,
      status: 'False',
      reason: 'SecretNotFound',
      message: 'Key "missing" is left out.',
    };
    const { ResolvedRefs } = judge(pool, [plane('a', unset)], broken);
    expect(ResolvedRefs).toMatchObject({ reason: 'SecretNotFound' });
    expect(ResolvedRefs!.message).toMatch(/^Key "missing" is left out\. Key "one" can't be used/);
  });
});
