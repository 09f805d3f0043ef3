import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { compile, type CompileOutput, objectId } from './index.js';

/** Few names, so that objects refer to each other, miss each other and collide. */
const namespace = fc.constantFrom('red', 'blue');
const name = fc.constantFrom('a', 'b', 'c');
const model = fc.constantFrom('m', 'n');
const weight = fc.integer({ min: 0, max: 2 });
const created = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');

function object(kind: string, spec: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<ApiObject> {
  return fc.record({ namespace, name, created, spec }).map(({ namespace, name, created, spec }) => ({
    apiVersion: 'signalbox.dev/v1',
    kind,
    metadata: { namespace, name, generation: 1, creationTimestamp: created, uid: `${kind}-${namespace}-${name}` },
    spec,
  }));
}

const provider = object(
  'Provider',
  fc.record({
    type: fc.constantFrom('OpenAI', 'Unknown'),
    models: fc.uniqueArray(model, { minLength: 1 }).map((models) => models.map((name) => ({ name }))),
  }),
);
const keyPool = object(
  'KeyPool',
  fc.record({
    providerRef: fc.record({ name }),
    keys: fc
      .uniqueArray(
        fc.record({ name, secret: name, weight, models: fc.option(fc.uniqueArray(model, { minLength: 1 })) }),
        {
          selector: (key) => key.name,
          minLength: 1,
        },
      )
      .map((keys) =>
        keys.map(({ name, secret, weight, models }) => ({
          name,
          weight,
          ...(models !== null && { models }),
          valueFrom: { secretKeyRef: { name: secret, key: 'key' } },
        })),
      ),
  }),
);
const routePolicy = object(
  'RoutePolicy',
  fc
    .record({
      models: fc.uniqueArray(fc.constantFrom('chat', 'gpt-*', '*'), { minLength: 1 }),
      labels: fc.option(fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('x', 'y'), { minKeys: 1 })),
      refs: fc.array(fc.record({ keyPoolRef: fc.record({ name }), model, weight }), { minLength: 1, maxLength: 3 }),
    })
    .map(({ models, labels, refs }) => ({
      models,
      ...(labels !== null && { consumerSelector: { matchLabels: { ...labels } } }),
      rules: [{ name: 'main', backendRefs: refs }],
    })),
);
const consumer = object(
  'Consumer',
  fc.record({
    enabled: fc.boolean(),
    keys: fc
      .uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 })
      .map((digests) => digests.map((digest) => ({ name: `k${digest}`, sha256: String(digest).repeat(64) }))),
  }),
);

const world = fc.record({
  objects: fc.uniqueArray(fc.oneof(provider, keyPool, routePolicy, consumer), { selector: objectId, maxLength: 24 }),
  secrets: fc.uniqueArray(fc.tuple(namespace, name)),
});

function run(objects: readonly ApiObject[], secrets: readonly (readonly [string, string])[]): CompileOutput {
  return compile({
    objects,
    credentials: new Map(secrets.map(([ns, name]) => [`${ns}/${name}/key`, { version: 'v1' }])),
  });
}

const entriesOf = ({ entries }: CompileOutput): Map<string, string> =>
  new Map(entries.map(({ kind, key, bytes }) => [`${kind}/${key}`, Buffer.from(bytes).toString()]));
const values = (output: CompileOutput): Record<string, unknown>[] =>
  output.entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);

describe('compile, for any objects', () => {
  it('gives the same bytes and words in any order, and changes none of them', () => {
    const shuffled = world.chain((w) =>
      fc.record({ w: fc.constant(w), order: fc.shuffledSubarray(w.objects, { minLength: w.objects.length }) }),
    );
    fc.assert(
      fc.property(shuffled, ({ w, order }) => {
        const before = JSON.stringify(w.objects);
        const first = run(w.objects, w.secrets);
        const second = run(structuredClone(order), w.secrets);
        expect(second.entries).toEqual(first.entries);
        expect(Object.fromEntries(second.conditions)).toEqual(Object.fromEntries(first.conditions));
        expect(JSON.stringify(w.objects)).toBe(before);
      }),
    );
  });

  it('gives every compiled object its conditions, each type once, and each a message', () => {
    fc.assert(
      fc.property(world, ({ objects, secrets }) => {
        const { conditions } = run(objects, secrets);
        expect(new Set(conditions.keys())).toEqual(new Set(objects.map(objectId)));
        for (const verdicts of conditions.values()) {
          const types = verdicts.map(({ type }) => type);
          expect(new Set(types).size).toBe(types.length);
          for (const verdict of verdicts) expect(verdict.message).toMatch(/\.$/);
        }
      }),
    );
  });

  it('refers to nothing that is not in the table', () => {
    fc.assert(
      fc.property(world, ({ objects, secrets }) => {
        const output = run(objects, secrets);
        const entries = entriesOf(output);
        for (const value of values(output)) {
          for (const candidate of (value['candidates'] ?? []) as { route: string }[]) {
            expect(entries.has(`Route/${candidate.route}`)).toBe(true);
          }
          for (const rule of (Array.isArray(value['rules']) ? value['rules'] : []) as {
            backends: { backend: string }[];
          }[]) {
            for (const { backend } of rule.backends) expect(entries.has(`Backend/${backend}`)).toBe(true);
          }
          if (typeof value['keyPool'] === 'string') expect(entries.has(`KeyPool/${value['keyPool']}`)).toBe(true);
          if ('selection' in value) {
            for (const { credential } of value['keys'] as { credential: string }[]) {
              expect(entries.has(`Credential/${credential}`)).toBe(true);
            }
          }
        }
      }),
    );
  });

  it('keeps one namespace out of another', () => {
    fc.assert(
      fc.property(world, ({ objects, secrets }) => {
        // Consumers share one space of digests; all else is a tenant's own.
        const tenants = objects.filter(({ kind }) => kind !== 'Consumer');
        const all = entriesOf(run(tenants, secrets));
        const alone = ['red', 'blue'].flatMap((ns) => [
          ...entriesOf(
            run(
              tenants.filter(({ metadata }) => metadata.namespace === ns),
              secrets,
            ),
          ),
        ]);
        expect(Object.fromEntries(alone)).toEqual(Object.fromEntries(all));
      }),
    );
  });

  it('changes only its own entries when an object goes that nobody refers to', () => {
    fc.assert(
      fc.property(world, ({ objects, secrets }) => {
        const before = entriesOf(run(objects, secrets));
        for (const gone of objects.filter(({ kind }) => kind === 'Consumer')) {
          const after = entriesOf(
            run(
              objects.filter((other) => other !== gone),
              secrets,
            ),
          );
          for (const [id, bytes] of before) if (!id.startsWith('Consumer/')) expect(after.get(id)).toBe(bytes);
        }
        const pools = objects.filter(({ kind }) => kind === 'KeyPool');
        for (const gone of objects.filter(({ kind }) => kind === 'Provider')) {
          const isUsed = pools.some(
            ({ metadata, spec }) =>
              metadata.namespace === gone.metadata.namespace &&
              (spec!['providerRef'] as { name: string }).name === gone.metadata.name,
          );
          if (isUsed) continue;
          expect(
            entriesOf(
              run(
                objects.filter((other) => other !== gone),
                secrets,
              ),
            ),
          ).toEqual(before);
        }
      }),
    );
  });

  it('gives each digest to one consumer', () => {
    fc.assert(
      fc.property(world, ({ objects, secrets }) => {
        const digests = values(run(objects, secrets))
          .filter((value) => 'exposeRouting' in value)
          .flatMap((value) => (value['keys'] as { sha256: string }[]).map(({ sha256 }) => sha256));
        expect(new Set(digests).size).toBe(digests.length);
      }),
    );
  });
});
