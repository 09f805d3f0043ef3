import { type ApiObject, type KindDefinition } from '#libs/apimachinery';
import { kindOf, kinds } from '#libs/resources';
import { cacheKey } from './object-cache.js';
import { ReferenceIndex } from './reference-index.js';

const keyPool = kindOf('signalbox.dev/v1', 'KeyPool')!;
const provider = kindOf('signalbox.dev/v1', 'Provider')!;
const pool = (name: string, to: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'KeyPool',
  metadata: { name, namespace: 'default' },
  spec: { providerRef: { name: to } },
});
const keyOf = (kind: KindDefinition, name: string) => cacheKey(kind, 'default', name);

let index: ReferenceIndex;
beforeEach(() => {
  index = new ReferenceIndex(kinds);
});
function change(name: string, object: ApiObject | undefined, statusOnly = false): void {
  const one = { key: keyOf(keyPool, name), kind: keyPool, object, previous: undefined, statusOnly };
  index.take({ revision: 1, changes: [one], traceParents: [] });
}
const referrersOf = (name: string) => [...index.referrersOf(keyOf(provider, name))];

test('follows each object from what it named to what it names, and forgets it when it goes', () => {
  change('a', pool('a', 'openai'));
  change('b', pool('b', 'openai'));
  expect(referrersOf('openai')).toEqual([keyOf(keyPool, 'a'), keyOf(keyPool, 'b')]);
  change('a', pool('a', 'mistral'));
  expect([referrersOf('openai'), referrersOf('mistral')]).toEqual([[keyOf(keyPool, 'b')], [keyOf(keyPool, 'a')]]);
  change('b', undefined);
  expect(referrersOf('openai')).toEqual([]);
});

test('a change of the status alone costs nothing', () => {
  change('a', pool('a', 'openai'));
  change('a', pool('a', 'mistral'), true);
  expect(referrersOf('openai')).toEqual([keyOf(keyPool, 'a')]);
});
