import type { ApiObject } from '#libs/apimachinery';
import { entryId, TableDigest } from '#libs/routing-table';
import { compile } from '../compile.js';
import type { Concern } from '../concerns/concern.js';
import { concerns } from '../concerns/index.js';
import { forEachObject } from '../concerns/per-object.js';
import type { CompiledKind } from '../concerns/spaces.js';
import type { CompileChanges } from './changes.js';
import { IncrementalCompiler } from './incremental-compiler.js';

const object = (kind: string, name: string, spec: Record<string, unknown>, generation = 1): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind,
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec,
});
const digest = (digit: string) => ({ keys: [{ name: 'k', sha256: digit.repeat(64) }] });
const tenant = (name: string, generation = 1): Record<CompiledKind, ApiObject> => ({
  Provider: object('Provider', `${name}-provider`, { type: 'OpenAI', models: [{ name: 'm' }] }, generation),
  KeyPool: object(
    'KeyPool',
    `${name}-pool`,
    { providerRef: { name: `${name}-provider` }, keys: [{ name: 'k', valueFrom: { env: 'A_API_KEY' } }] },
    generation,
  ),
  RoutePolicy: object(
    'RoutePolicy',
    `${name}-policy`,
    {
      models: [name],
      rules: [{ name: 'all', backendRefs: [{ keyPoolRef: { name: `${name}-pool` }, model: 'm' }] }],
    },
    generation,
  ),
  Consumer: object('Consumer', `${name}-consumer`, digest(name === 'good' ? '1' : '2'), generation),
});
const changesOf = (...objects: ApiObject[]): CompileChanges => ({
  objects: new Map(objects.map((each) => [each.metadata.name, each])),
  credentials: new Map(),
});
const stepOf: Record<CompiledKind, string> = {
  Provider: 'providers',
  KeyPool: 'key pools',
  RoutePolicy: 'routes',
  Consumer: 'consumers',
};

/** Compile with a fault in one step, as long as `isBroken` says so. */
function broken(name: string, fault: (step: Concern) => Concern): Concern[] {
  expect(concerns.map((step) => step.name)).toContain(name);
  return concerns.map((step) => (step.name === name ? fault(step) : step));
}

describe('a fault of ours', () => {
  it.each<CompiledKind>(['Provider', 'KeyPool', 'RoutePolicy', 'Consumer'])(
    'that one %s brings out is told to it, holds up no other, and is gone with its next edit',
    (kind) => {
      let isBroken = true;
      const steps = broken(stepOf[kind], (step) =>
        forEachObject(step.name, kind, ({ name, key }, look) => {
          if (isBroken && name.startsWith('bad')) throw new Error('no such thing');
          return step.compile(key, look);
        }),
      );
      const compiler = new IncrementalCompiler(steps);
      const objects = [...Object.values(tenant('good')), ...Object.values(tenant('bad'))];
      const delta = compiler.apply(changesOf(...objects));
      const whole = compile({ objects, credentials: new Map() }, steps);
      expect(delta.version).toBe(TableDigest.of(whole.entries).version);
      expect(Object.fromEntries(delta.conditions)).toEqual(Object.fromEntries(whole.conditions));
      const faulty = tenant('bad')[kind].metadata.uid!;
      expect(delta.conditions.get(faulty)?.[0]).toEqual({
        type: 'Accepted',
        status: 'False',
        reason: 'Invalid',
        message: 'The object could not be compiled, by a defect of Signalbox and not of the object: no such thing.',
        observedGeneration: 1,
      });
      const alone = compile({ objects: Object.values(tenant('good')), credentials: new Map() });
      const served = new Set(delta.upserts.map((entry) => entryId(entry.kind, entry.key)));
      for (const entry of alone.entries) expect(served).toContain(entryId(entry.kind, entry.key));
      for (const { metadata } of Object.values(tenant('good'))) {
        for (const { status } of delta.conditions.get(metadata.uid!)!) expect(status).toBe('True');
      }

      isBroken = false;
      const edited = objects.map((each) => (each.metadata.uid === faulty ? tenant('bad', 2)[kind] : each));
      const healed = compiler.apply(changesOf(tenant('bad', 2)[kind]));
      expect(healed.version).toBe(TableDigest.of(compile({ objects: edited, credentials: new Map() }).entries).version);
      expect(healed.conditions.get(faulty)?.map(({ status }) => status)).not.toContain('False');
    },
  );

  it.each(concerns.map(({ name }) => name))('that no object bears (in "%s") undoes the whole edit', (name) => {
    let faults = 0;
    const steps = broken(name, (step) => ({
      ...step,
      compile(key, look) {
        if (faults-- > 0) throw new Error('no such thing');
        return step.compile(key, look);
      },
    }));
    const compiler = new IncrementalCompiler(steps);
    const twin = new IncrementalCompiler();
    const before = changesOf(...Object.values(tenant('good')));
    expect(compiler.apply(before)).toEqual(twin.apply(before));
    const edit = changesOf(...Object.values(tenant('bad')));
    faults = 1;
    expect(() => compiler.apply(edit)).toThrow('no such thing');
    faults = 1;
    expect(() => compiler.preview(edit, [])).toThrow('no such thing');
    faults = 0;
    expect(compiler.preview(edit, ['uid-bad-policy'])).toEqual(twin.preview(edit, ['uid-bad-policy']));
    expect(compiler.apply(edit)).toEqual(twin.apply(edit));
  });

  it('in the order of the steps is found out, whatever it would have come to', () => {
    const late = [
      ...concerns.filter(({ name }) => name !== 'key pools'),
      concerns.find(({ name }) => name === 'key pools')!,
    ];
    const compiler = new IncrementalCompiler(late);
    expect(() => {
      compiler.apply(changesOf(tenant('good').RoutePolicy));
      compiler.apply(changesOf(tenant('good').Provider, tenant('good').KeyPool));
    }).toThrow('"routes" looks at what "key pools" says, which has its turn after it');
  });
});
