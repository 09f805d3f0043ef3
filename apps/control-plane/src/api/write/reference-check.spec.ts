import type { ApiObject } from '#libs/apimachinery';
import { kinds } from '#libs/resources';
import { cacheKey } from '../../cache/object-cache.js';
import { ReferenceIndex } from '../../cache/reference-index.js';
import { ReferenceCheck } from './reference-check.js';

const object = (kind: string, name: string, spec: Record<string, unknown>): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const provider = object('Provider', 'openai', { models: [{ name: 'm' }] });
const pool = object('KeyPool', 'main', { providerRef: { name: 'openai' } });
const kindNamed = (name: string) => kinds.find(({ kind }) => kind === name)!;
const keyOf = ({ kind, metadata }: ApiObject) => cacheKey(kindNamed(kind), 'default', metadata.name);

/** A cache that holds what it is told to, and gets what is on its way when it is waited for. */
function checkOver(there: readonly ApiObject[], onItsWay: readonly ApiObject[] = []) {
  const objects = new Map<string, ApiObject>();
  const index = new ReferenceIndex(kinds);
  const take = (one: ApiObject): void => {
    objects.set(keyOf(one), one);
    const change = { key: keyOf(one), kind: kindNamed(one.kind), object: one, previous: undefined, statusOnly: false };
    index.take({ revision: 1, changes: [change], traceParents: [] });
  };
  there.forEach(take);
  const waitedFor: number[] = [];
  const looks = { count: 0 };
  const cache = {
    get: (key: string) => objects.get(key),
    entries: () => {
      looks.count++;
      return objects.entries();
    },
    reached: async (revision: number, withinMs: number) => {
      waitedFor.push(revision);
      // Whoever writes waits for it: while the cache can't follow, each write would.
      expect(withinMs).toBeLessThanOrEqual(1_000);
      onItsWay.forEach(take);
      return true;
    },
  };
  return { check: new ReferenceCheck(cache, index), waitedFor, looks };
}

test('what is well costs no waiting', async () => {
  const { check, waitedFor } = checkOver([provider]);
  expect(await check.warningsOf([{ before: undefined, after: pool }], 7)).toEqual([[]]);
  expect(waitedFor).toEqual([]);
});

test('what seems to be missing may be on its way into the cache', async () => {
  const { check, waitedFor } = checkOver([], [provider]);
  expect(await check.warningsOf([{ before: undefined, after: pool }], 7)).toEqual([[]]);
  expect(waitedFor).toEqual([7]);
});

test('writes of one commit count for each other, whatever the cache holds', async () => {
  const { check } = checkOver([provider, pool]);
  const elsewhere = object('KeyPool', 'main', { providerRef: { name: 'mistral' } });
  const both = [
    { before: provider, after: undefined },
    { before: pool, after: elsewhere },
  ];
  expect(await check.warningsOf(both, 7)).toEqual([
    [],
    ['spec.providerRef.name: there is no Provider default/mistral'],
  ]);
  expect(await check.warningsOf([both[0]!], 7)).toEqual([
    ['KeyPool default/main refers to it (spec.providerRef.name)'],
  ]);
});

test('guesses at what was meant for some of many references that go nowhere, as each looks at all objects', async () => {
  const { check, looks } = checkOver([provider]);
  const pools = Array.from({ length: 200 }, (_, index) => ({
    before: undefined,
    after: object('KeyPool', `p${index}`, { providerRef: { name: 'openei' } }),
  }));
  const warnings = await check.warningsOf(pools, 7);
  expect(warnings[0]).toEqual(['spec.providerRef.name: there is no Provider default/openei; did you mean "openai"?']);
  expect(warnings[199]).toEqual(['spec.providerRef.name: there is no Provider default/openei']);
  // What seems to be missing is looked at twice.
  expect(looks.count).toBe(40);
});
