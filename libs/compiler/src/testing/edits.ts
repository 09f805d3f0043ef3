import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { ANY_ENTRY, secretCredentialId } from '../concerns/credentials.js';
import type { CredentialFact } from '../concerns/credential-facts.js';
import type { CompileChanges } from '../incremental/changes.js';

/**
 * Random edits of a small world: few names, so that objects refer to each other, miss each other, collide and come back
 * with another uid and age. Some don't pass validation. A batch holds several edits, as a transaction does.
 */
export type Batch = CompileChanges;

const namespace = fc.constantFrom('red', 'blue');
const name = fc.constantFrom('a', 'b', 'c');
const model = fc.constantFrom('m', 'n');
const weight = fc.integer({ min: 0, max: 2 });
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const defined = (members: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const providerSpec = fc
  .record({
    type: fc.oneof({ weight: 9, arbitrary: fc.constant('OpenAI') }, { weight: 1, arbitrary: fc.constant('Unknown') }),
    models: fc.uniqueArray(model, { minLength: 1 }).map((models) => models.map((name) => ({ name }))),
    headers: some(fc.constantFrom('1', '2').map((value) => [{ name: 'x-team', value }])),
  })
  .map(defined);

const key = fc
  .record({
    name,
    weight,
    enabled: some(fc.boolean()),
    models: some(fc.uniqueArray(model, { minLength: 1 })),
    valueFrom: fc.oneof(
      { weight: 4, arbitrary: name.map((secret) => ({ secretKeyRef: { name: secret, key: 'key' } })) },
      { weight: 1, arbitrary: fc.constant({ env: 'A_API_KEY' }) },
    ),
  })
  .map(defined);
const keyPoolSpec = fc.record({
  providerRef: fc.record({ name }),
  keys: fc.uniqueArray(key, { selector: (each) => each['name'], minLength: 1, maxLength: 3 }),
});

const backendRefs = fc.uniqueArray(fc.record({ keyPoolRef: fc.record({ name }), model, weight }), {
  selector: ({ keyPoolRef, model }) => `${keyPoolRef.name}/${model}`,
  minLength: 1,
  maxLength: 3,
});
const routePolicySpec = fc
  .record({
    models: fc.uniqueArray(fc.constantFrom('chat', 'gpt-*', '*'), { minLength: 1 }),
    consumerSelector: some(
      fc
        .dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('x', 'y'), { minKeys: 1 })
        .map((labels) => ({ matchLabels: { ...labels } })),
    ),
    rules: fc
      .record({
        name: fc.constant('main'),
        backendRefs,
        fallbacks: some(backendRefs.map((refs) => [{ errors: ['RateLimited'], backendRefs: refs }])),
      })
      .map((rule) => [defined(rule)]),
  })
  .map(defined);

const consumerSpec = fc
  .record({
    enabled: some(fc.boolean()),
    keys: fc
      .uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 })
      .map((digests) => digests.map((digest) => ({ name: `k${digest}`, sha256: String(digest).repeat(64) }))),
  })
  .map(defined);

const invalidSpec = fc.constantFrom<Record<string, unknown>>({}, { models: 'chat' }, { keys: 7, rules: [] });
const specs: [kind: string, spec: fc.Arbitrary<Record<string, unknown>>][] = [
  ['Provider', providerSpec],
  ['KeyPool', keyPoolSpec],
  ['RoutePolicy', routePolicySpec],
  ['RoutePolicy', routePolicySpec],
  ['Consumer', consumerSpec],
];

const objectEdit = fc.constantFrom(...specs).chain(([kind, spec]) =>
  fc
    .record({
      namespace,
      name,
      isGone: fc.nat(3).map((draw) => draw === 0),
      // A new uid is another object under the same name; without a time it is only about to be created.
      incarnation: fc.nat(1),
      created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', undefined),
      generation: fc.integer({ min: 1, max: 3 }),
      labels: some(fc.constantFrom({ team: 'x' }, { team: 'y', tier: 'x' })),
      spec: fc.oneof({ weight: 12, arbitrary: spec }, { weight: 1, arbitrary: invalidSpec }),
    })
    .map(({ namespace, name, isGone, incarnation, created, generation, labels, spec }) => {
      const key = `signalbox.dev/v1/${kind}/${namespace}/${name}`;
      if (isGone) return [key, undefined] as const;
      const uid = `${kind}-${namespace}-${name}-${incarnation}`;
      const metadata = defined({ namespace, name, uid, generation, labels, creationTimestamp: created });
      return [key, { apiVersion: 'signalbox.dev/v1', kind, metadata, spec } as unknown as ApiObject] as const;
    }),
);
const credentialEdit = fc.tuple(
  fc.tuple(namespace, name, fc.constantFrom('key', 'key', ANY_ENTRY)).map((names) => secretCredentialId(...names)),
  some(fc.constantFrom<CredentialFact>({ version: 'v1' }, { version: 'v2' }, { problem: 'has a line break in it' })),
);
/** Everything of a namespace goes at once. */
const namespaceGoes = namespace.map((ns): Batch => ({
  objects: new Map(
    specs.flatMap(([kind]) =>
      ['a', 'b', 'c'].map((name) => [`signalbox.dev/v1/${kind}/${ns}/${name}`, undefined] as const),
    ),
  ),
  credentials: new Map(['a', 'b', 'c'].map((name) => [`${ns}/${name}/key`, undefined] as const)),
}));
const edits = fc
  .record({
    objects: fc.array(objectEdit, { minLength: 1, maxLength: 4 }),
    credentials: fc.array(credentialEdit, { maxLength: 2 }),
  })
  .map(({ objects, credentials }): Batch => ({ objects: new Map(objects), credentials: new Map(credentials) }));
/** Enough at once that most of what follows has something to refer to. */
const beginning = fc
  .record({
    objects: fc.array(objectEdit, { minLength: 10, maxLength: 30 }),
    credentials: fc.array(credentialEdit, { minLength: 2, maxLength: 6 }),
  })
  .map(({ objects, credentials }): Batch => ({ objects: new Map(objects), credentials: new Map(credentials) }));

export const anyEdits: fc.Arbitrary<readonly Batch[]> = fc
  .tuple(
    beginning,
    fc.array(fc.oneof({ weight: 12, arbitrary: edits }, { weight: 1, arbitrary: namespaceGoes }), { maxLength: 10 }),
  )
  .map(([first, rest]) => [first, ...rest]);
