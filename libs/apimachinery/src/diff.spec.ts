import fc from 'fast-check';
import { diffObjects, equal } from './diff.js';

test('names each field that differs, items of a list-map by their name', () => {
  const before = {
    metadata: { resourceVersion: '1', labels: { 'a.b/c': 'x' } },
    spec: { keys: [{ name: 'a', weight: 1 }, { name: 'b' }], models: ['m'] },
  };
  const after = {
    metadata: { resourceVersion: '2' },
    spec: { keys: [{ name: 'z', weight: 5 }, { name: 'a', weight: 2 }, { name: 'b' }], models: ['m', 'n'] },
  };
  expect(diffObjects(before, after)).toEqual([
    { path: 'metadata.labels[a.b/c]', before: 'x' },
    { path: 'spec.keys[name=a].weight', before: 1, after: 2 },
    { path: 'spec.keys[name=z].name', after: 'z' },
    { path: 'spec.keys[name=z].weight', after: 5 },
    { path: 'spec.models', before: ['m'], after: ['m', 'n'] },
  ]);
});

test('metadata that only the system wrote is no change', () => {
  expect(diffObjects(undefined, { metadata: { uid: 'u', resourceVersion: '1' }, spec: { a: 1 } })).toEqual([
    { path: 'spec.a', after: 1 },
  ]);
});

test('objects without names are compared place by place while their number stays', () => {
  const backends = (...weights: number[]) => ({ backendRefs: weights.map((weight) => ({ model: 'm', weight })) });
  expect(diffObjects(backends(100, 0), backends(25, 0))).toEqual([
    { path: 'backendRefs[0].weight', before: 100, after: 25 },
  ]);
  expect(diffObjects(backends(1), backends(1, 2))).toEqual([
    {
      path: 'backendRefs',
      before: [{ model: 'm', weight: 1 }],
      after: [
        { model: 'm', weight: 1 },
        { model: 'm', weight: 2 },
      ],
    },
  ]);
});

test('an order that changed is a change', () => {
  expect(diffObjects({ rules: [{ name: 'a' }, { name: 'b' }] }, { rules: [{ name: 'b' }, { name: 'a' }] })).toEqual([
    { path: 'rules[*].name', before: ['a', 'b'], after: ['b', 'a'] },
  ]);
});

test('a created object lists every leaf, a deleted one too, empty maps included', () => {
  expect(diffObjects(undefined, { spec: { a: {}, b: [] } })).toEqual([
    { path: 'spec.a', after: {} },
    { path: 'spec.b', after: [] },
  ]);
  expect(diffObjects({ spec: { a: 1 } }, undefined)).toEqual([{ path: 'spec.a', before: 1 }]);
});

test('no change is reported exactly for equal objects', () => {
  const values = fc.dictionary(fc.constantFrom('a', 'b', 'name'), fc.jsonValue({ maxDepth: 3 }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(values, values, (left, right) => {
      expect(diffObjects({ spec: left }, { spec: right }).length === 0).toBe(equal(left, right));
      expect(diffObjects({ spec: left }, { spec: structuredClone(left) })).toEqual([]);
    }),
  );
});
