import { z } from 'zod';
import { decodeObject } from './decode.js';
import type { KindDefinition } from './kind.js';
import { validateMetadata } from './metadata.js';

const kind = {
  kind: 'Thing',
  group: 'example.com',
  version: 'v1',
  namespaced: true,
  content: z.strictObject({}),
} as unknown as KindDefinition;
const errorsOf = (metadata: object): string[] =>
  validateMetadata(kind, { name: 'a', ...metadata }).map(
    ({ path, reason, message }) => `${path}: ${reason}: ${message}`,
  );
const owner = { apiVersion: 'v1', kind: 'Secret', name: 'b', uid: 'c' };

test.each<[string, unknown, string[]]>([
  ['no list', 'x', ['metadata.ownerReferences: TypeInvalid: must be a list of {apiVersion, kind, name, uid}']],
  [
    'no object',
    [7],
    ['metadata.ownerReferences[0]: TypeInvalid: must be an object with apiVersion, kind, name and uid'],
  ],
  [
    'an empty one',
    [{ kind: 'A' }],
    ['apiVersion', 'name', 'uid'].map((name) => `metadata.ownerReferences[0].${name}: Required: must not be empty`),
  ],
  [
    'a name that is a number',
    [{ ...owner, name: 7 }],
    ['metadata.ownerReferences[0].name: TypeInvalid: must be a string'],
  ],
  [
    'a long uid',
    [{ ...owner, uid: 'x'.repeat(254) }],
    ['metadata.ownerReferences[0].uid: TooLong: must have at most 253 characters'],
  ],
  [
    'a version of three parts',
    [{ ...owner, apiVersion: 'a/b/c' }],
    ['metadata.ownerReferences[0].apiVersion: Invalid: must be a version such as v1, or group/version'],
  ],
  [
    'an Event',
    [{ ...owner, kind: 'Event' }],
    ['metadata.ownerReferences[0]: Invalid: v1, kind Event is disallowed from being an owner'],
  ],
  [
    'a flag of another type',
    [{ ...owner, controller: 'yes' }],
    ['metadata.ownerReferences[0].controller: TypeInvalid: must be true or false'],
  ],
  [
    'an unknown field',
    [{ ...owner, nope: 1 }],
    [
      'metadata.ownerReferences[0].nope: Invalid: unknown field; known here: apiVersion, kind, name, uid, controller, blockOwnerDeletion',
    ],
  ],
  [
    'two controllers',
    [
      { ...owner, controller: true },
      { ...owner, uid: 'd', controller: true },
    ],
    ['metadata.ownerReferences: Invalid: only one reference can have controller: true'],
  ],
  [
    'too many',
    Array.from({ length: 65 }, () => owner),
    ['metadata.ownerReferences: TooMany: must have at most 64 items'],
  ],
  ['good ones', [owner, { ...owner, uid: 'd', controller: true, blockOwnerDeletion: false }], []],
])('owner references: %s', (_, ownerReferences, expected) => expect(errorsOf({ ownerReferences })).toEqual(expected));

test.each<[string, unknown, boolean]>([
  ['uid', 7, false],
  ['uid', 'x', true],
  ['resourceVersion', 7, false],
  ['generation', 'x', false],
  ['generation', 1.5, false],
  ['creationTimestamp', 'yesterday', false],
  ['creationTimestamp', '2026-01-31T12:00:00Z', true],
  ['creationTimestamp', `2026-01-31T12:00:00${'0'.repeat(100)}Z`, false],
  ['deletionTimestamp', 7, false],
  ['deletionGracePeriodSeconds', '1', false],
  ['selfLink', 7, false],
  ['selfLink', '/api/v1', true],
  ['managedFields', 'x', false],
  ['managedFields', ['x'], false],
  ['managedFields', [{ manager: 'a' }], true],
])('what the server sets comes in its type or is refused: %s %p', (name, value, holds) => {
  const errors = errorsOf({ [name]: value });
  expect(errors).toEqual(
    holds
      ? []
      : [expect.stringMatching(new RegExp(`^metadata\\.${name}: TypeInvalid: must be .*; the server sets it`))],
  );
});

test('null is as good as absent, and managedFields and selfLink are dropped', () => {
  const value = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: {
      name: 'a',
      labels: null,
      creationTimestamp: null,
      ownerReferences: null,
      managedFields: [{}],
      selfLink: 'x',
    },
  };
  expect(decodeObject(kind, value, 'Strict')).toEqual({
    object: { ...value, metadata: { name: 'a' } },
    errors: [],
    warnings: [],
  });
});
