import { conflict } from '#libs/apimachinery';
import { createStoreFixture, NOW_MS, range, until, type StoreFixture } from '../../test/store-fixture.js';
import {
  alice,
  controlPlane,
  create,
  gadgets,
  keyOf,
  notes,
  put,
  remove,
  reports,
  secrets,
  setStatus,
  update,
  widgets,
  zones,
} from '../../test/test-kinds.js';
import { AuditRow } from '../audit/audit.entity.js';
import { LogRow, ObjectRevisionRow } from './object.entity.js';
import type { ObjectKey, ObjectWrite } from './object-store.js';
import { type KeptRevision, restoredState } from './object-revisions.js';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

const commit = (...writes: ObjectWrite[]) => fixture.store.commit(writes, alice);
const head = async (): Promise<number> => (await fixture.store.snapshot([])).revision;
const logOf = ({ name }: ObjectKey) =>
  fixture.dataSource.getRepository(LogRow).find({ where: { name }, order: { rv: 'ASC' } });
const auditOf = ({ name }: ObjectKey) =>
  fixture.dataSource.getRepository(AuditRow).find({ where: { name }, order: { id: 'ASC' } });
const revisionsOf = ({ name }: ObjectKey) =>
  fixture.dataSource.getRepository(ObjectRevisionRow).find({ where: { name }, order: { rv: 'ASC' } });

describe('commit', () => {
  test('an absent object that is written if present is left out; the others of its transaction are written', async () => {
    const [here, gone] = [keyOf(widgets, 'here'), keyOf(widgets, 'gone')];
    await commit(create(here));
    const status = (key: ObjectKey, ifPresent: boolean): ObjectWrite => ({
      key,
      verb: 'update',
      subresource: 'status',
      ifPresent,
      mutate: (stored) => stored && { ...stored, status: { fine: true } },
    });
    await expect(fixture.store.commit([status(gone, false), status(here, true)], controlPlane)).rejects.toMatchObject({
      code: 404,
    });
    const { results } = await fixture.store.commit([status(gone, true), status(here, true)], controlPlane);
    expect(results.map(({ type, object }) => [type, object.metadata.name])).toEqual([['MODIFIED', 'here']]);
  });

  test('what was committed is what is read', async () => {
    const key = keyOf(widgets, 'read-back');
    const { revision, results } = await commit(
      create(key, { text: 'nul \u0000, 💚, lone \ud800', number: 1e21, __proto__: {} }),
    );
    expect(results).toEqual([
      {
        type: 'ADDED',
        object: {
          apiVersion: 'signalbox.dev/v1',
          kind: 'Widget',
          metadata: {
            name: 'read-back',
            namespace: 'default',
            uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
            generation: 1,
            creationTimestamp: new Date(NOW_MS).toISOString().replace('.678', ''),
            resourceVersion: String(revision),
          },
          spec: { text: 'nul \u0000, 💚, lone \ud800', number: 1e21 },
        },
      },
    ]);
    expect(await fixture.store.get(key)).toEqual(results[0]?.object);
    expect(await fixture.store.get(keyOf(widgets, 'read-back', 'other'))).toBeUndefined();
  });

  test('gives each object a revision, and each log row the transaction’s last one', async () => {
    const keys = ['c', 'a', 'b'].map((name) => keyOf(gadgets, `many-${name}`));
    const before = await head();
    const { revision, results } = await commit(...keys.map((key) => create(key)));
    expect(revision).toBe(before + 3);
    expect(results.map(({ object }) => Number(object.metadata.resourceVersion))).toEqual(range(before + 1, revision));
    for (const key of keys) expect(await logOf(key)).toMatchObject([{ lastRv: revision, type: 'ADDED', prev: null }]);
  });

  test('tells what was there before', async () => {
    const key = keyOf(widgets, 'before');
    const first = await commit(create(key, { size: 1 }));
    const second = await commit(put(key, { size: 2 }));
    expect(second.results[0]?.previous).toEqual(first.results[0]?.object);
    const third = await commit(remove(key));
    expect(third.results[0]).toMatchObject({
      type: 'DELETED',
      object: { metadata: { resourceVersion: `${third.revision}` } },
    });
    expect(await logOf(key)).toMatchObject([
      { type: 'ADDED', prevRv: null },
      { type: 'MODIFIED', prevRv: first.revision, prev: { spec: { size: 1 } } },
      { type: 'DELETED', prevRv: second.revision, object: { spec: { size: 2 } } },
    ]);
  });

  test('is all or nothing', async () => {
    const [good, bad] = [keyOf(widgets, 'good'), keyOf(widgets, 'bad')];
    const before = await head();
    const refused = {
      ...create(bad),
      mutate: () => {
        throw conflict(widgets, 'bad');
      },
    };
    await expect(commit(create(good), refused)).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    expect(await head()).toBe(before);
    expect(await fixture.store.get(good)).toBeUndefined();
    expect([...(await logOf(good)), ...(await auditOf(good)), ...(await revisionsOf(good))]).toEqual([]);
  });

  test('shows mutate the stored object under its lock: of two writers of one version one fails', async () => {
    const key = keyOf(widgets, 'contended');
    const { results } = await commit(create(key, { writers: [] }));
    const version = results[0]?.object.metadata.resourceVersion;
    const write = (writer: string) =>
      commit(
        update(key, (stored) => {
          if (stored.metadata.resourceVersion !== version) throw conflict(widgets, key.name);
          return { ...stored, spec: { writers: [writer] } };
        }),
      );
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map(write));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect((await fixture.store.get(key))?.metadata.generation).toBe(2);
  });

  test('of several objects in any order never deadlocks', async () => {
    const keys = range(1, 6).map((number) => keyOf(gadgets, `ring-${number}`));
    await commit(...keys.map((key) => create(key)));
    await Promise.all(
      range(0, 23).map((turn) => {
        const order = [...keys.slice(turn % 6), ...keys.slice(0, turn % 6)];
        return commit(...(turn % 2 ? order : order.reverse()).map((key) => put(key, { turn })));
      }),
    );
    const turns = await Promise.all(keys.map(async (key) => (await fixture.store.get(key))?.spec?.['turn']));
    expect(new Set(turns).size).toBe(1);
  });

  test('that changes nothing keeps the revision and writes nothing', async () => {
    const key = keyOf(widgets, 'same');
    const { revision, results } = await commit(create(key, { size: 1 }));
    expect(await commit(put(key, { size: 1 }))).toEqual({
      revision,
      results: [{ type: 'UNCHANGED', object: results[0]?.object }],
    });
    expect(await logOf(key)).toHaveLength(1);
    expect(await auditOf(key)).toHaveLength(1);
  });

  test('refuses two writes of one object', () => {
    const key = keyOf(widgets, 'twice');
    expect(() => commit(create(key), put(key, {}))).toThrow('cannot write signalbox.dev/Widget/default/twice twice');
  });

  test('as a dry run answers what would be and leaves no trace', async () => {
    const [old, fresh] = [keyOf(widgets, 'dry-old'), keyOf(widgets, 'dry-new')];
    const { revision } = await commit(create(old, { size: 1 }));
    const dry = await fixture.store.commit([put(old, { size: 2 }), create(fresh)], alice, { dryRun: true });
    expect(dry).toMatchObject({
      revision,
      results: [
        {
          type: 'MODIFIED',
          object: { spec: { size: 2 }, metadata: { generation: 2, resourceVersion: `${revision}` } },
        },
        { type: 'ADDED', object: { metadata: { name: 'dry-new', generation: 1 } } },
      ],
    });
    expect(dry.results[1]?.object.metadata).not.toHaveProperty('resourceVersion');
    expect(await fixture.store.get(old)).toMatchObject({ spec: { size: 1 } });
    expect(await fixture.store.get(fresh)).toBeUndefined();
    expect(await head()).toBe(revision);
  });
});

describe('beside the object', () => {
  test('each wanted state is kept as a revision, status and copies of the manifest are not', async () => {
    const key = keyOf(widgets, 'history');
    const annotate = (value: string) =>
      update(key, (stored) => ({
        ...stored,
        metadata: { ...stored.metadata, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': value } },
      }));
    await commit(create(key, { size: 1 }));
    await commit(setStatus(key, { ready: true }));
    await commit(annotate('{}'));
    await commit(put(key, { size: 2 }));
    await commit(remove(key));
    const kept = await revisionsOf(key);
    const states = kept.map((_, index) =>
      restoredState(kept.slice(0, index + 1).map(({ object }) => object as KeptRevision)),
    );
    expect(
      kept.map(({ generation }, index) => [generation, (states[index] as { spec: unknown } | undefined)?.spec]),
    ).toEqual([
      [1, { size: 1 }],
      [2, { size: 2 }],
      [2, undefined],
    ]);
    expect(JSON.stringify(kept)).not.toMatch(/status|last-applied/);
  });

  test('of an edit of a large object the difference is kept', async () => {
    const key = keyOf(widgets, 'large');
    const list = range(1, 2_000).map((index) => ({ name: `part-${index}` }));
    await commit(create(key, { list }));
    for (const size of range(1, 3)) await commit(put(key, { list, size }));
    const objects = (await revisionsOf(key)).map(({ object }) => object as KeptRevision);
    expect(restoredState(objects)).toMatchObject({ metadata: { generation: 4 }, spec: { list, size: 3 } });
    // One of them may have been due to be kept whole.
    const small = objects.filter((object) => JSON.stringify(object).length < 300);
    expect(small.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ['revisions and audit', widgets, 1, 1],
    ['no revisions, but an audit', reports, 0, 1],
    ['the same, where it is encrypted', secrets, 0, 1],
    ['neither', notes, 0, 0],
  ])('a kind whose storage policy says so has %s', async (_case, kind, revisions, audited) => {
    const key = keyOf(kind, `kept-of-${kind.kind.toLowerCase()}`);
    await commit(create(key));
    expect(await revisionsOf(key)).toHaveLength(revisions);
    expect(await auditOf(key)).toHaveLength(audited);
    expect(await logOf(key)).toHaveLength(1);
  });

  test('the audit tells who changed what from where', async () => {
    const key = keyOf(zones, 'audited');
    await commit(create(key, { size: 1 }));
    const { revision } = await commit(put(key, { size: 2 }));
    const [, row] = await auditOf(key);
    expect(row).toMatchObject({
      actor: 'alice',
      actorGroups: ['signalbox:editors'],
      verb: 'apply',
      apiGroup: 'signalbox.dev',
      kind: 'Zone',
      namespace: '',
      name: 'audited',
      subresource: '',
      generation: 2,
      revision,
      changes: [{ path: 'spec.size', before: 1, after: 2 }],
      sourceAddress: '127.0.0.1',
      userAgent: 'a test',
      traceId: alice.traceId,
    });
  });

  test('status writes of people are audited, those of the control plane are not', async () => {
    const key = keyOf(widgets, 'statuses');
    await commit(create(key));
    await fixture.store.commit([setStatus(key, { by: 'us' })], controlPlane);
    await commit(setStatus(key, { by: 'alice' }));
    expect((await auditOf(key)).map(({ subresource, actor }) => [subresource, actor])).toEqual([
      ['', 'alice'],
      ['status', 'alice'],
    ]);
    expect((await logOf(key)).map(({ subresource }) => subresource)).toEqual([null, 'status', 'status']);
  });
});

test('the pool outlives a server that drops its connections', async () => {
  const key = keyOf(widgets, 'after-restart');
  await Promise.all(range(1, 4).map(() => fixture.store.get(key)));
  await fixture.dataSource.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  // Which of the dead connections are noticed before they are used is a race: a write may fail, a later one must not.
  await until('a write succeeds', () =>
    commit(put(key, { size: 1 })).then(
      () => true,
      () => false,
    ),
  );
  expect(await fixture.store.get(key)).toBeDefined();
});
