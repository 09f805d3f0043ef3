import type { ApiObject } from '#libs/apimachinery';
import { keyOf, objectOf, put, remove, secrets, setStatus, update, widgets, zones } from '../../test/test-kinds.js';
import { transition, type Inputs } from './object-rules.js';
import type { ObjectWrite } from './object-store.js';

const inputs: Inputs = { nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), uid: '6f1c2f3e-0000-4000-8000-000000000001' };
const key = keyOf(widgets, 'w');

/** A stored object as the store reads it. */
function stored(metadata: Partial<ApiObject['metadata']> = {}, more: Partial<ApiObject> = {}): ApiObject {
  return {
    ...objectOf(key, { size: 1 }),
    metadata: {
      name: 'w',
      namespace: 'default',
      uid: 'u1',
      generation: 3,
      creationTimestamp: '2025-01-01T00:00:00Z',
      resourceVersion: '41',
      ...metadata,
    },
    ...more,
  };
}
const run = (write: ObjectWrite, object?: ApiObject) => transition(write, object, inputs);

describe('create', () => {
  test('sets what only the server sets, whatever the client sent', () => {
    const sent: ApiObject = {
      ...objectOf(key, { size: 1 }),
      metadata: {
        name: 'w',
        uid: 'mine',
        generation: 9,
        resourceVersion: '7',
        creationTimestamp: '1999-01-01T00:00:00Z',
        deletionTimestamp: '1999-01-01T00:00:00Z',
        labels: { a: 'b' },
      },
      status: { made: 'up' },
    };
    const { type, object } = run({ key, verb: 'create', mutate: () => sent });
    expect(type).toBe('ADDED');
    expect(object).toEqual({
      ...objectOf(key, { size: 1 }),
      metadata: {
        name: 'w',
        namespace: 'default',
        uid: inputs.uid,
        generation: 1,
        creationTimestamp: '2026-01-02T03:04:05Z',
        labels: { a: 'b' },
      },
    });
  });

  test('of a cluster-scoped kind has no namespace', () => {
    const { object } = run(put(keyOf(zones, 'z'), {}));
    expect(object.metadata).not.toHaveProperty('namespace');
  });

  test.each([
    ['another name', { name: 'other' }, 'metadata.name: is "other", must be "w"'],
    ['another namespace', { name: 'w', namespace: 'other' }, 'metadata.namespace: is "other", must be "default"'],
  ])('refuses %s than the path has', (_case, metadata, message) => {
    expect(() => run({ key, verb: 'create', mutate: () => ({ ...objectOf(key), metadata }) })).toThrow(message);
  });
});

describe('generation', () => {
  test.each<[string, number, (object: ApiObject) => ApiObject]>([
    ['a change of spec', 4, (object) => ({ ...object, spec: { size: 2 } })],
    ['a new member beside spec', 4, (object) => ({ ...object, data: { a: 'b' } })],
    ['a removed spec', 4, ({ spec: _spec, ...object }) => object],
    ['a label', 3, (object) => ({ ...object, metadata: { ...object.metadata, labels: { a: 'b' } } })],
  ])('after %s is %i', (_case, generation, change) => {
    const result = run(update(key, change), stored());
    expect(result.type).toBe('MODIFIED');
    expect(result.object.metadata.generation).toBe(generation);
  });

  test('is never the client’s', () => {
    const result = run(
      update(key, (object) => ({ ...object, metadata: { ...object.metadata, generation: 99, labels: { a: 'b' } } })),
      stored(),
    );
    expect(result.object.metadata.generation).toBe(3);
  });
});

describe('a write that changes nothing', () => {
  test.each<[string, (object: ApiObject) => ApiObject]>([
    ['the same object', (object) => object],
    ['members in another order', ({ spec, metadata, ...object }) => ({ spec, metadata, ...object })],
    ['members that are undefined', (object) => ({ ...object, spec: { ...object.spec, gone: undefined } })],
    ['a status on the main resource', (object) => ({ ...object, status: { made: 'up' } })],
    [
      'fields that only the server sets',
      (object) => ({
        ...object,
        metadata: { ...object.metadata, uid: 'x', creationTimestamp: 'x', deletionTimestamp: 'x' },
      }),
    ],
  ])('%s', (_case, change) => {
    expect(run(update(key, change), stored()).type).toBe('UNCHANGED');
  });

  test('times of field ownership alone', () => {
    const owners = (time: string, fields: object = { 'f:spec': {} }) => [
      { manager: 'kubectl', time, fieldsV1: fields },
    ];
    const before = stored({ managedFields: owners('2025-01-01T00:00:00Z') });
    const own = (managedFields: unknown) =>
      run(
        update(key, (object) => ({ ...object, metadata: { ...object.metadata, managedFields } })),
        before,
      ).type;
    expect(own(owners('2026-01-01T00:00:00Z'))).toBe('UNCHANGED');
    expect(own(owners('2026-01-01T00:00:00Z', { 'f:status': {} }))).toBe('MODIFIED');
  });
});

describe('status', () => {
  test('is kept by a write of the main resource', () => {
    const { object } = run(put(key, { size: 2 }), stored({}, { status: { ready: true } }));
    expect(object).toMatchObject({ spec: { size: 2 }, status: { ready: true } });
  });

  test('is all that a status write changes', () => {
    const write: ObjectWrite = {
      ...update(key, (object) => ({
        ...object,
        spec: { size: 99 },
        metadata: { ...object.metadata, labels: { a: 'b' }, managedFields: [{ manager: 'm' }] },
        status: { ready: true },
      })),
      subresource: 'status',
    };
    const { type, object } = run(write, stored());
    expect(type).toBe('MODIFIED');
    const { resourceVersion: _rv, ...metadata } = stored().metadata;
    expect(object).toEqual({
      ...stored({}, { status: { ready: true } }),
      metadata: { ...metadata, managedFields: [{ manager: 'm' }] },
    });
  });

  test('can be removed', () => {
    const write: ObjectWrite = { ...update(key, ({ status: _status, ...object }) => object), subresource: 'status' };
    expect(run(write, stored({}, { status: { ready: true } })).object).not.toHaveProperty('status');
  });

  test('of an absent object is a 404, and never deletes', () => {
    expect(() => run({ ...put(key, {}), subresource: 'status' })).toThrow(expect.objectContaining({ code: 404 }));
    expect(() => run({ ...remove(key), subresource: 'status' }, stored())).toThrow(
      expect.objectContaining({ code: 400 }),
    );
    expect(run(setStatus(key, { a: 1 }), stored({}, { status: { a: 1 } })).type).toBe('UNCHANGED');
  });
});

describe('delete', () => {
  test('of an absent object is a 404', () => {
    expect(() => run(remove(key))).toThrow(expect.objectContaining({ code: 404 }));
  });

  test('without finalizers removes', () => {
    expect(run(remove(key), stored()).type).toBe('DELETED');
  });

  test('with finalizers marks once, and counts as a change of generation', () => {
    const marked = run(remove(key), stored({ finalizers: ['a/b'] }));
    expect(marked).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { deletionTimestamp: '2026-01-02T03:04:05Z', deletionGracePeriodSeconds: 0, generation: 4 } },
    });
    expect(run(remove(key), marked.object).type).toBe('UNCHANGED');
  });

  test('ends when the last finalizer goes', () => {
    const terminating = stored({ finalizers: ['a/b', 'c/d'], deletionTimestamp: '2026-01-01T00:00:00Z' });
    const finalize = (finalizers: string[]) =>
      run(
        update(key, (object) => ({ ...object, metadata: { ...object.metadata, finalizers } })),
        terminating,
      ).type;
    expect(finalize(['a/b'])).toBe('MODIFIED');
    expect(finalize([])).toBe('DELETED');
    expect(() => finalize(['a/b', 'c/d', 'e/f'])).toThrow(/no new finalizers.*e\/f/);
  });
});

test('kubectl’s copy of the manifest is kept, except of a sensitive kind', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"c2VjcmV0"}}' };
  const annotated = (of: typeof key, more: object = {}): ObjectWrite => ({
    key: of,
    verb: 'apply',
    mutate: () => ({ ...objectOf(of), metadata: { name: of.name, annotations: { ...annotations, ...more } } }),
  });
  expect(run(annotated(key)).object.metadata.annotations).toEqual(annotations);
  const secret = keyOf(secrets, 's');
  expect(run(annotated(secret)).object.metadata).not.toHaveProperty('annotations');
  expect(run(annotated(secret, { a: 'b' })).object.metadata.annotations).toEqual({ a: 'b' });
});

test('mutate gets a copy', () => {
  const object = stored();
  run(
    update(key, (copy) => {
      copy.spec = { size: 7 };
      return copy;
    }),
    object,
  );
  expect(object).toEqual(stored());
});
