import { KindRegistry } from './kind-registry.js';
import { keptForEver, type KindDefinition, type StoragePolicy } from './kind.js';

const kind = (group: string, name: string, plural = `${name.toLowerCase()}s`, version = 'v1') =>
  ({ group, version, kind: name, plural, storage: keptForEver }) as unknown as KindDefinition;
const [secret, widget, role] = [
  kind('', 'Secret'),
  kind('example.com', 'Widget', 'widgets', 'v2beta1'),
  kind('rbac.authorization.k8s.io', 'Role'),
];
const registry = new KindRegistry([secret, widget, role]);

test('finds kinds of any group and version by type, by resource and by what is stored', () => {
  expect(registry.find('v1', 'Secret')).toBe(secret);
  expect(registry.find('example.com/v2beta1', 'Widget')).toBe(widget);
  expect(registry.findResource('rbac.authorization.k8s.io', 'v1', 'roles')).toBe(role);
  expect(registry.findStored('example.com', 'Widget')).toBe(widget);
  expect(registry.groups).toEqual(['', 'example.com', 'rbac.authorization.k8s.io']);
  expect(registry.inGroup('')).toEqual([secret]);
});

test('finds nothing under half a name', () => {
  expect(registry.find('v1', 'Widget')).toBeUndefined();
  expect(registry.find('', 'Secret')).toBeUndefined();
  expect(registry.findResource('', 'v1', 'Secret')).toBeUndefined();
  expect(registry.findStored('', 'Widget')).toBeUndefined();
});

test('refuses two kinds of one name, also if only the store would mix them up', () => {
  expect(() => new KindRegistry([secret, kind('', 'Secret')])).toThrow('two kinds are called v1 Secret');
  expect(() => new KindRegistry([secret, kind('', 'Other', 'secrets')])).toThrow('two kinds are called /v1/secrets');
  expect(() => new KindRegistry([secret, kind('', 'Secret', 'secrets', 'v2')])).toThrow('two kinds are called /Secret');
});

test.each<[string, boolean, Partial<StoragePolicy>, RegExp]>([
  [
    'a sensitive kind in plain text',
    true,
    { revisions: false },
    /Secret is sensitive, so its storage must be encrypted/,
  ],
  ['a sensitive kind whose revisions are kept', true, { encrypted: true }, /Secret is encrypted, so no revisions/],
  ['an encrypted kind whose revisions are kept', false, { encrypted: true }, /Secret is encrypted, so no revisions/],
])('refuses %s', (_case, sensitive, policy, refused) => {
  expect(() => new KindRegistry([{ ...secret, sensitive, storage: { ...keptForEver, ...policy } }])).toThrow(refused);
});
