import { randomBytes } from 'node:crypto';
import { alice, create, keyOf, objectOf, put, update, widgets, zones } from '../../test/test-kinds.js';
import { AuditKeys } from '../audit/audit-keys.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { decideGroup, type GroupState } from './commit-decision.js';
import type { CommitRequest } from './commit-queue.js';
import { ObjectCodec } from './object-codec.js';
import type { ObjectKey, ObjectWrite } from './object-store.js';
import { lockKeyOf } from './read-locked.js';
import type { StoredRow } from './stored-object.js';

const means = {
  codec: new ObjectCodec(new MasterKeys([randomBytes(32)])),
  auditKeys: new AuditKeys(randomBytes(32)),
  nowMs: 0,
};
const request = (...writes: ObjectWrite[]): CommitRequest => ({
  writes,
  keys: writes.map(({ key }) => lockKeyOf(key)),
  origin: alice,
  dryRun: false,
});
const row = (key: ObjectKey): StoredRow => ({
  api_group: key.kind.group,
  kind: key.kind.kind,
  namespace: key.namespace,
  name: key.name,
  uid: '00000000-0000-4000-8000-000000000000',
  rv: '5',
  object: JSON.stringify(objectOf(key, { size: 1 })),
});
const state = (...keys: ObjectKey[]): GroupState => ({
  revision: 7,
  held: new Set(),
  stored: new Map(keys.map((key) => [lockKeyOf(key), row(key)])),
});
const decide = (given: GroupState, ...requests: CommitRequest[]): string[] =>
  decideGroup(requests, given, means).map(({ type }) => type);
const key = keyOf(widgets, 'w');
const guard = keyOf(zones, 'shared');
const look = update(guard, (stored) => stored);

test('a request that meets what one before it changes is postponed, another one after it is not', () => {
  expect(
    decide(
      state(key),
      request(put(key, { size: 2 })),
      request(create(keyOf(widgets, 'other')), put(key, { size: 3 })),
      request(create(keyOf(widgets, 'third'))),
    ),
  ).toEqual(['DECIDED', 'POSTPONED', 'DECIDED']);
});

test('what a request only looks at, refuses or leaves as it is, those after it may share', () => {
  const refused: ObjectWrite = {
    ...put(key, {}),
    mutate: () => {
      throw new Error('refused');
    },
  };
  expect(
    decide(
      state(key, guard),
      request(create(keyOf(widgets, 'a')), look),
      request(create(keyOf(widgets, 'b')), look),
      request(refused),
      request(put(key, { size: 1 })),
      { ...request(put(key, { size: 2 })), dryRun: true },
      request(put(key, { size: 3 })),
    ),
  ).toEqual(['DECIDED', 'DECIDED', 'REFUSED', 'DECIDED', 'DECIDED', 'DECIDED']);
});
