import type { ApiObject } from '#libs/apimachinery';
import type { Verdict } from '#libs/compiler';
import { CompileVerdicts } from './compile-verdicts.js';

const object = (name: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, resourceVersion: '7' },
});
const accepted: readonly Verdict[] = [
  { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'It is.', observedGeneration: 1 },
];
const compiled = (
  reset: boolean,
  conditions: [string, readonly Verdict[] | undefined][],
  ...generations: string[]
) => ({
  revision: 9,
  generations: generations.map(object),
  traceParents: [],
  result: {
    reset,
    version: 'v',
    bucketDigests: new Uint8Array(),
    upserts: [],
    removals: [],
    conditions: new Map(conditions),
  },
});

describe('CompileVerdicts', () => {
  it.each<[string, ReturnType<typeof compiled>]>([
    ['a change', compiled(false, [['uid-b', undefined]])],
    ['a compile of everything', compiled(true, [['uid-a', accepted]])],
  ])('forgets what is gone with %s, and keeps the rest', (_, next) => {
    const verdicts = new CompileVerdicts();
    const first: [string, readonly Verdict[]][] = [
      ['uid-a', accepted],
      ['uid-b', accepted],
    ];
    expect(verdicts.take(compiled(true, first, 'a', 'b'))).toEqual(new Set(['uid-a', 'uid-b']));
    verdicts.take(next);
    expect([verdicts.of(object('a')), verdicts.compiledRevision(object('a'))]).toEqual([accepted, 7]);
    expect([verdicts.of(object('b')), verdicts.compiledRevision(object('b'))]).toEqual([undefined, undefined]);
  });
});
