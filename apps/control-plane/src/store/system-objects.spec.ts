import { randomBytes } from 'node:crypto';
import { ApiError, type ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { alice, controlPlane, create, keyOf, update, remove } from '../../test/test-kinds.js';
import { createStoreFixture, type StoreFixture } from '../../test/store-fixture.js';
import { MasterKeys } from '../encryption/master-keys.js';
import type { Origin } from './object-store.js';
import { PostgresObjectStore } from './postgres-object-store.js';

const secrets = kindOf('v1', 'Secret')!;
const namespaces = kindOf('v1', 'Namespace')!;
const providers = kindOf('signalbox.dev/v1', 'Provider')!;
const admin: Origin = { ...alice, user: 'root', groups: ['signalbox:admins'] };
const system = 'signalbox-system';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

const typed = (name: string, type: string, namespace = system) => {
  const key = keyOf(secrets, name, namespace);
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type, data: { key: 'eA==' } };
  return { key, verb: 'create' as const, mutate: (stored: ApiObject | undefined) => stored ?? object };
};
const refusal = (message: RegExp) => expect.objectContaining({ code: 403, message: expect.stringMatching(message) });

test.each([
  ['an object in signalbox-system', create(keyOf(providers, 'a', system))],
  ['the namespace itself', create(keyOf(namespaces, system))],
])('%s is written by the control plane and by admins, and by nobody else', async (_, write) => {
  const commit = (origin: Origin) => fixture.store.commit([write], origin, { dryRun: true });
  await expect(commit(alice)).rejects.toEqual(refusal(/only admins may write in the namespace "signalbox-system"/));
  await expect(commit(admin)).resolves.toMatchObject({ results: [{ type: 'ADDED' }] });
  await expect(commit(controlPlane)).resolves.toMatchObject({ results: [{ type: 'ADDED' }] });
});

test('a Secret of the control plane is changed and deleted by nobody else, wherever it is', async () => {
  for (const namespace of [system, 'default']) {
    const { key, ...made } = typed('ca', 'signalbox.dev/system', namespace);
    await fixture.store.commit([{ key, ...made }], controlPlane);
    const change = update(key, (stored) => ({ ...stored, data: { key: 'eQ==' } }));
    const disguise = update(key, (stored) => ({ ...stored, type: 'Opaque' }));
    const label = update(key, (stored) => ({ ...stored, metadata: { ...stored.metadata, labels: { a: 'b' } } }));
    const commit = (write: typeof change, origin = admin) => fixture.store.commit([write], origin, { dryRun: true });
    await expect(commit(change)).rejects.toEqual(refusal(/not changed by hand; docs\/production\.md/));
    await expect(commit(disguise)).rejects.toEqual(refusal(/not changed by hand/));
    const invalid = update(key, () => {
      throw new ApiError(422, 'Invalid', 'type: field is immutable; delete the Secret and create it anew');
    });
    await expect(commit(invalid)).rejects.toEqual(refusal(/not changed by hand/));
    await expect(commit(remove(key))).rejects.toEqual(refusal(/not deleted by hand; docs\/production\.md/));
    await expect(commit(label)).resolves.toMatchObject({ results: [{ type: 'MODIFIED' }] });
    await expect(commit(remove(key), controlPlane)).resolves.toMatchObject({ results: [{ type: 'DELETED' }] });
  }
});

test('one of signalbox-system that does not decrypt is not deleted by hand either', async () => {
  await fixture.store.commit([typed('sealed', 'signalbox.dev/system')], controlPlane);
  const elsewhere = keyOf(secrets, 'lost', 'default');
  await fixture.store.commit([typed('lost', 'Opaque', 'default')], alice);
  const other = new PostgresObjectStore(fixture.dataSource, {
    keys: new MasterKeys([randomBytes(32)]),
    auditKeys: fixture.auditKeys,
  });
  const commit = (key: typeof elsewhere) => other.commit([remove(key)], admin, { dryRun: true });
  await expect(commit(keyOf(secrets, 'sealed', system))).rejects.toEqual(refusal(/not deleted by hand/));
  await expect(commit(elsewhere)).resolves.toMatchObject({ results: [{ type: 'DELETED' }] });
});

test('its type is taken by no other Secret', async () => {
  const [made] = [typed('mine', 'signalbox.dev/system', 'default')];
  await expect(fixture.store.commit([made], admin)).rejects.toEqual(refusal(/is for Secrets of the control plane/));
  const plain = typed('plain', 'Opaque', 'default');
  await fixture.store.commit([plain], alice);
  const turned = update(plain.key, (stored) => ({ ...stored, type: 'signalbox.dev/system' }));
  await expect(fixture.store.commit([turned], admin)).rejects.toEqual(refusal(/is for Secrets of the control plane/));
});
