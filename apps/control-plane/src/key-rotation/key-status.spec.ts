import type { MasterKeyFile } from '../encryption/master-key-file.js';
import type { ObjectStore } from '../store/object-store.js';
import type { EncryptedRows, KeyUse } from './encrypted-rows.js';
import { KeyOverview } from './key-status.js';
import type { ReplicaKeyReport, ReplicaKeys } from './replica-keys.js';

const [oldId, newId] = ['old', 'new'];

/** The status, and in which order it was asked for. */
async function statusOf(uses: readonly KeyUse[], reports: readonly Omit<ReplicaKeyReport, 'replica' | 'host'>[]) {
  const asked: string[] = [];
  const answer =
    <T>(what: string, value: T) =>
    async (): Promise<T> => {
      asked.push(`${what} asked`);
      await new Promise(setImmediate);
      asked.push(`${what} answered`);
      return value;
    };
  const named = reports.map((report, index) => ({ replica: `r${index}`, host: 'h', ...report }));
  const overview = new KeyOverview({
    rows: { uses: answer('counts', uses) } as unknown as EncryptedRows,
    replicas: { exchange: async () => {}, reports: answer('reports', named) } as unknown as ReplicaKeys,
    keys: { refresh: () => {}, firstId: newId } as unknown as MasterKeyFile,
    store: { get: async () => undefined } as unknown as ObjectStore,
  });
  const { masterKeys } = await overview.status();
  return { asked, removable: masterKeys.filter(({ removable }) => removable).map(({ masterKey }) => masterKey) };
}

const underNew = { masterKey: newId, objects: 3, log: 5 };
const moved = { masterKeys: [newId, oldId], encryptsUnder: newId };

test('counts are taken after the reports', async () => {
  const { asked } = await statusOf([underNew], [moved]);
  expect(asked).toEqual(['reports asked', 'reports answered', 'counts asked', 'counts answered']);
});

test.each<[string, readonly KeyUse[], Parameters<typeof statusOf>[1], string[]]>([
  ['every replica has moved and nothing is under it', [underNew], [moved, moved], [oldId]],
  ['one still encrypts under it', [underNew], [moved, { ...moved, encryptsUnder: oldId }], []],
  ['one has not said which it uses', [underNew], [moved, { ...moved, encryptsUnder: null }], []],
  ['a file begins with it', [underNew], [moved, { masterKeys: [oldId, newId], encryptsUnder: newId }], []],
  ['an object is under it', [underNew, { masterKey: oldId, objects: 1, log: 0 }], [moved], []],
  ['a state of the log is under it', [underNew, { masterKey: oldId, objects: 0, log: 1 }], [moved], []],
  ['it is encrypted under and in no file', [underNew], [{ masterKeys: [newId], encryptsUnder: oldId }], []],
])('what can go when %s', async (_, uses, reports, expected) => {
  expect((await statusOf(uses, reports)).removable).toEqual(expected);
});
