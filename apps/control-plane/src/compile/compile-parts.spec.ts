import type { ApiObject } from '#libs/apimachinery';
import { CompileParts, partsOf } from './compile-parts.js';

const object = (name: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { team: 'x' },
    annotations: { note: 'long' },
    resourceVersion: '7',
    finalizers: ['f'],
  },
  spec: { keys: [] },
  status: { conditions: [] },
});
const request = (count: number) => ({
  reset: true,
  objects: new Map<string, ApiObject | undefined>(
    Array.from({ length: count }, (_, index) => [`k${index}`, index % 7 === 0 ? undefined : object(`n${index}`)]),
  ),
  credentials: new Map([['default/s/k', { version: 'v1' }]]),
});

describe('the parts of a compile', () => {
  it.each([0, 1, 250, 251, 1_000])('of %i objects make the whole', (count) => {
    const parts = new CompileParts();
    const sent = [...partsOf(request(count))];
    const answers = sent.map(([part, more]) => parts.add(1, part, more));
    expect(sent).toHaveLength(Math.max(1, Math.ceil(count / 250)));
    expect(answers.slice(0, -1)).toEqual(answers.slice(0, -1).map(() => undefined));
    const whole = answers.at(-1)!;
    expect([...whole.objects.keys()]).toEqual([...request(count).objects.keys()]);
    expect([whole.reset, whole.credentials]).toEqual([true, request(count).credentials]);
  });

  it('carry what compile reads and no more', () => {
    const [[part]] = [...partsOf(request(2))] as [[ReturnType<typeof request>, boolean]];
    const { annotations: _a, resourceVersion: _r, finalizers: _f, ...metadata } = object('n1').metadata;
    expect(part.objects).toEqual(
      new Map([
        ['k0', undefined],
        ['k1', { apiVersion: 'signalbox.dev/v1', kind: 'Consumer', metadata, spec: { keys: [] } }],
      ]),
    );
  });

  it('of one that was broken off are not in the next', () => {
    const parts = new CompileParts();
    const [first] = partsOf(request(1_000));
    expect(parts.add(1, ...first!)).toBeUndefined();
    const [only] = partsOf({ reset: false, objects: new Map([['other', undefined]]), credentials: new Map() });
    expect(parts.add(2, ...only!)).toEqual({
      reset: false,
      objects: new Map([['other', undefined]]),
      credentials: new Map(),
    });
  });
});
