import type { ApiObject } from '#libs/apimachinery';
import { type ObjectView, referenceWarnings } from './reference-warnings.js';
import { kindOf } from './registry.js';
import { minimalSpecs } from './testing/objects.js';

const object = (kind: string, name: string, spec: object): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { ...minimalSpecs[kind], ...spec },
});
const secret = (name: string, ...entries: string[]): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  data: Object.fromEntries(entries.map((entry) => [entry, 'aHVudGVyMg=='])),
});
const provider = (name: string, ...models: string[]) =>
  object('Provider', name, { models: models.map((model) => ({ name: model })) });
const pool = (name: string, of: string, ...keys: [secret: string, entry: string, ...models: string[]][]) =>
  object('KeyPool', name, {
    providerRef: { name: of },
    keys: keys.map(([from, key, ...models], index) => ({
      name: `k${index}`,
      valueFrom: { secretKeyRef: { name: from, key } },
      ...(models.length > 0 && { models }),
    })),
  });
const route = (name: string, keyPool: string, model: string, fallback?: string) =>
  object('RoutePolicy', name, {
    rules: [
      {
        name: 'main',
        backendRefs: [{ keyPoolRef: { name: keyPool }, model }],
        ...(fallback && {
          fallbacks: [{ errors: ['Timeout'], backendRefs: [{ keyPoolRef: { name: fallback }, model }] }],
        }),
      },
    ],
  });

/** Looks at every object: what an index does, done plainly. */
function viewOf(...objects: ApiObject[]): ObjectView {
  const here = (kind: string, namespace: string) =>
    objects.filter((one) => one.kind === kind && one.metadata.namespace === namespace);
  return {
    get: ({ kind }, namespace, name) => here(kind, namespace).find(({ metadata }) => metadata.name === name),
    names: ({ kind }, namespace) => here(kind, namespace).map(({ metadata }) => metadata.name),
    referrers: ({ kind }, namespace, name) =>
      objects.filter(
        (one) =>
          one.metadata.namespace === namespace &&
          kindOf(one.apiVersion, one.kind)
            ?.references?.(one)
            .some((to) => to.kind === kind && to.name === name),
      ),
  };
}

const openai = provider('openai', 'gpt-4o', 'gpt-4o-mini');
const keys = secret('openai-keys', 'main', 'spare');
const main = pool('main', 'openai', ['openai-keys', 'main'], ['openai-keys', 'spare', 'gpt-4o']);
const chat = route('chat', 'main', 'gpt-4o');
const all = [openai, keys, main, chat];
const written = (after: ApiObject, ...others: ApiObject[]) =>
  referenceWarnings({ before: undefined, after }, viewOf(after, ...others));
const became = (before: ApiObject, after: ApiObject | undefined) =>
  referenceWarnings({ before, after }, viewOf(...all.filter((one) => one !== before), ...(after ? [after] : [])));

describe('ten thousand keys', () => {
  const many = (entry: (index: number) => string) =>
    pool(
      'large',
      'openai',
      ...Array.from({ length: 10_000 }, (_, index): [string, string] => ['openai-keys', entry(index)]),
    );

  it('have the entries of their Secret looked at once', () => {
    let looks = 0;
    const counted = Object.defineProperty({ ...keys }, 'data', {
      get: () => {
        looks += 1;
        return keys['data'];
      },
    });
    expect(
      written(
        many(() => 'main'),
        openai,
        counted,
      ),
    ).toEqual([]);
    expect(looks).toBeLessThan(5);
  });

  it('that are missing cost as many guesses as are shown', () => {
    let guesses = 0;
    const guessed = { ...viewOf(openai), names: () => (guesses++, []) };
    const lost = many(() => 'main');
    (lost.spec as { keys: { valueFrom: { secretKeyRef: { name: string } } }[] }).keys.forEach(
      ({ valueFrom }, index) => {
        valueFrom.secretKeyRef.name = `gone-${index}`;
      },
    );
    const texts = referenceWarnings({ before: undefined, after: lost }, guessed);
    expect([texts.length, texts.at(-1)]).toEqual([11, 'and 9990 more references that go nowhere']);
    expect(guesses).toBe(10);
  });
});

describe('references that go nowhere', () => {
  it('are none where all is there', () => {
    for (const one of all) expect(written(one, ...all)).toEqual([]);
  });

  it.each([
    [
      'a provider',
      pool('p', 'opnai'),
      'spec.providerRef.name: there is no Provider default/opnai; did you mean "openai"?',
    ],
    ['a provider of another name', pool('p', 'x'), 'spec.providerRef.name: there is no Provider default/x'],
    [
      'a Secret',
      pool('p', 'openai', ['openai-kyes', 'main']),
      'spec.keys[0].valueFrom.secretKeyRef.name: there is no Secret default/openai-kyes; did you mean "openai-keys"?',
    ],
    [
      'an entry of a Secret',
      pool('p', 'openai', ['openai-keys', 'first']),
      'spec.keys[0].valueFrom.secretKeyRef.key: Secret default/openai-keys has no entry "first"; it has main, spare',
    ],
    [
      'a model of a key',
      pool('p', 'openai', ['openai-keys', 'main', 'gpt-5']),
      'spec.keys[0].models[0]: Provider default/openai has no model "gpt-5"; it has gpt-4o, gpt-4o-mini',
    ],
    [
      'a key pool',
      route('r', 'mian', 'gpt-4o'),
      'spec.rules[0].backendRefs[0].keyPoolRef.name: there is no KeyPool default/mian; did you mean "main"?',
    ],
    [
      'a model of a pool’s provider',
      route('r', 'main', 'gpt4o'),
      'spec.rules[0].backendRefs[0].model: Provider default/openai has no model "gpt4o"; did you mean "gpt-4o"?',
    ],
    [
      'a fallback',
      route('r', 'main', 'gpt-4o', 'gone'),
      'spec.rules[0].fallbacks[0].backendRefs[0].keyPoolRef.name: there is no KeyPool default/gone',
    ],
  ])('are named: %s', (_, after, text) => expect(written(after, ...all)).toEqual([text]));

  it('of a broken chain only the link that is broken is named', () => {
    expect(written(chat, main)).toEqual([]);
    expect(written(main, keys)).toEqual(['spec.providerRef.name: there is no Provider default/openai']);
  });

  it('say nothing of a Secret whose entries can’t be told', () => {
    expect(written(main, openai, { ...keys, data: undefined })).toEqual([]);
  });

  it('take what is stored as it is', () => {
    for (const spec of [undefined, {}, { keys: 7, rules: 'x' }, { keys: [7], rules: [null] }, { providerRef: 'x' }]) {
      for (const kind of ['KeyPool', 'RoutePolicy']) {
        expect(written({ ...object(kind, 'odd', {}), spec: spec as Record<string, unknown> })).toEqual([]);
      }
    }
  });
});

describe('references of others', () => {
  it.each([
    ['a Provider', openai, 'KeyPool default/main refers to it (spec.providerRef.name)'],
    ['a Secret', keys, 'KeyPool default/main refers to it (spec.keys[0].valueFrom.secretKeyRef.name)'],
    ['a KeyPool', main, 'RoutePolicy default/chat refers to it (spec.rules[0].backendRefs[0].keyPoolRef.name)'],
  ])('are named when %s goes', (_, before, text) => expect(became(before, undefined)).toEqual([text]));

  it('are none when a RoutePolicy goes', () => expect(became(chat, undefined)).toEqual([]));

  it('are named when the part that they use goes, through a pool too', () => {
    expect(became(keys, secret('openai-keys', 'main'))).toEqual([
      'KeyPool default/main uses its entry "spare" (spec.keys[1].valueFrom.secretKeyRef.key), which is gone',
    ]);
    expect(became(openai, provider('openai', 'gpt-4o-mini'))).toEqual([
      'KeyPool default/main uses its model "gpt-4o" (spec.keys[1].models[0]), which is gone',
      'RoutePolicy default/chat uses its model "gpt-4o" (spec.rules[0].backendRefs[0].model), which is gone',
    ]);
    expect(became(openai, provider('openai', 'gpt-4o'))).toEqual([]);
    expect(became(keys, secret('openai-keys', 'main', 'spare', 'more'))).toEqual([]);
  });

  it('are counted beyond ten', () => {
    const pools = Array.from({ length: 30 }, (_, index) => pool(`p${index}`, 'openai'));
    const texts = referenceWarnings({ before: openai, after: undefined }, viewOf(...pools));
    expect(texts).toHaveLength(11);
    expect(texts.at(-1)).toBe('and 20 more references that go nowhere');
  });
});

it('no value of a Secret is in any text', () => {
  const texts = [...became(keys, undefined), ...became(keys, secret('openai-keys')), ...written(main, openai)];
  expect(texts.length).toBeGreaterThan(3);
  expect(texts.join()).not.toMatch(/aHVudGVyMg|hunter2/);
});
