import { allNamespaces, cluster, describeScope, namespaceScope, objectScope } from './scope.js';

test('a namespace without a name is no scope', () => {
  expect(() => namespaceScope('')).toThrow('the name of a namespace is empty');
  expect(() => objectScope({ namespaced: true }, '')).toThrow('the name of a namespace is empty');
});

test('an object of a cluster-scoped kind is in the cluster, every other in its namespace', () => {
  expect(objectScope({ namespaced: false }, '')).toEqual(cluster);
  expect(objectScope({ namespaced: true }, 'shop')).toEqual({ type: 'Namespace', namespace: 'shop' });
});

test('refusals name the scope as Kubernetes does', () => {
  expect(describeScope(namespaceScope('shop'))).toBe('in the namespace "shop"');
  expect([allNamespaces, cluster].map(describeScope)).toEqual(['at the cluster scope', 'at the cluster scope']);
});
