import { randomUUID } from 'node:crypto';
import { Client, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { KindRegistry } from '#libs/apimachinery';
import { seededRandom } from '#libs/testing';
import { leading } from '../../test/leading.js';
import { createStoreFixture, range, Recording, type StoreFixture, until } from '../../test/store-fixture.js';
import {
  alice,
  controlPlane,
  create,
  keyOf,
  put,
  secrets,
  testKinds,
  update,
  widgets,
  zones,
} from '../../test/test-kinds.js';
import { AuditRow } from '../audit/audit.entity.js';
import { createDataSource } from '../database/data-source.js';
import type { CommitListener } from './committed-changes.js';
import { LogFollower } from './log-follower.js';
import { type LogPage, LogReader } from './log-reader.js';
import { ObjectCodec } from './object-codec.js';
import { LeadershipLostError } from './fencing.js';
import { LogRow, ObjectRow } from './object.entity.js';
import type { ObjectWrite } from './object-store.js';
import { lockKeyOf } from './read-locked.js';
import { PostgresObjectStore } from './postgres-object-store.js';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const commit = (...writes: ObjectWrite[]) => fixture.store.commit(writes, alice);
const widget = (name: string | number) => keyOf(widgets, String(name));
const log = () => fixture.dataSource.getRepository(LogRow).find({ order: { rv: 'ASC' } });
/** How many database transactions wrote the log. */
const transactions = async (): Promise<number> =>
  (await fixture.dataSource.query<unknown[]>('SELECT DISTINCT xmin::text FROM object_log')).length;
const throwing = (name: string): ObjectWrite => ({
  ...create(widget(name)),
  mutate: () => {
    throw new Error(`${name} is refused`);
  },
});

test('requests that arrive together share a transaction and nothing else', async () => {
  const others = { ...alice, user: 'bob', traceParent: alice.traceParent.replace('0af7', '1bf8') };
  const results = await Promise.all([
    commit(create(widget('a')), create(widget('b'))),
    fixture.store.commit([create(widget('c'))], others),
    commit(create(widget('d')), create(widget('e')), create(widget('f'))),
  ]);
  expect(await transactions()).toBe(1);
  const start = results[0].revision - 2;
  expect(results.map(({ revision }) => revision - start)).toEqual([2, 3, 6]);
  const rows = await log();
  expect(rows.map(({ name, rv, lastRv }) => [name, rv - start, lastRv - start])).toEqual([
    ['a', 1, 2],
    ['b', 2, 2],
    ['c', 3, 3],
    ['d', 4, 6],
    ['e', 5, 6],
    ['f', 6, 6],
  ]);
  expect(rows.map(({ traceParent }) => traceParent === others.traceParent)).toEqual([
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
  const shown = results.flatMap((result) => result.results.map(({ object }) => object.metadata.resourceVersion));
  expect(shown).toEqual(rows.map(({ rv }) => String(rv)));
  const audit = await fixture.dataSource.getRepository(AuditRow).find({ order: { id: 'ASC' } });
  expect(audit.map(({ actor, name }) => [actor, name])).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name === 'c' ? 'bob' : 'alice', name]),
  );
  expect(await fixture.verifyAudit()).toMatchObject({ valid: true, rows: 6 });
});

test('one request’s refusal is nobody else’s', async () => {
  const results = await Promise.allSettled([
    commit(create(widget('a'))),
    commit(create(widget('half')), throwing('b')),
    commit(create(widget('c'))),
  ]);
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { message: 'b is refused' } },
    { status: 'fulfilled' },
  ]);
  expect((await log()).map(({ name }) => name)).toEqual(['a', 'c']);
  expect(await transactions()).toBe(1);
});

test('what the database refuses for one request’s sake is nobody else’s', async () => {
  const results = await Promise.allSettled([
    commit(create(widget('a'))),
    commit(create(widget('nul \u0000'))),
    commit(create(widget('c'))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await log()).map(({ name }) => name)).toEqual(['a', 'c']);
});

test('an object that cannot be decrypted is the affair of those who write it', async () => {
  await commit(create(keyOf(secrets, 'sealed')));
  await fixture.dataSource.query(`UPDATE object SET uid = gen_random_uuid() WHERE name = 'sealed'`);
  const results = await Promise.allSettled([
    commit(put(keyOf(secrets, 'sealed'), { more: true })),
    commit(create(widget('a'))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('writers of one object in one group follow each other, and each sees what the one before wrote', async () => {
  await commit(create(widget('w'), { seen: [] }));
  const append = (): ObjectWrite =>
    update(widget('w'), (stored) => ({
      ...stored,
      spec: { seen: [...(stored.spec!['seen'] as string[]), stored.metadata.resourceVersion] },
    }));
  const results = await Promise.all(range(1, 5).map(() => commit(append())));
  const seen = (await fixture.store.get(widget('w')))?.spec?.['seen'];
  const revisions = results.map(({ revision }) => String(revision));
  expect(seen).toEqual([String(results[0]!.revision - 1), ...revisions.slice(0, -1)]);
});

test('a group ends at 8 MiB of documents', async () => {
  const text = 'x'.repeat(1_500_000);
  await Promise.all(range(1, 4).map((number) => commit(create(widget(number), { text }))));
  expect(await transactions()).toBe(2);
  expect((await log()).map(({ name }) => name)).toEqual(['1', '2', '3', '4']);
});

test('who changes nothing is answered with the state of the group, whether others change something or not', async () => {
  const { revision } = await commit(create(widget('same'), { size: 1 }));
  const [same, dry] = await Promise.all([
    commit(put(widget('same'), { size: 1 })),
    fixture.store.commit([create(widget('dry'))], alice, { dryRun: true }),
    commit(create(widget('other'))),
  ]);
  expect(same).toMatchObject({ revision, results: [{ type: 'UNCHANGED' }] });
  expect(dry).toMatchObject({ revision, results: [{ type: 'ADDED' }] });
  expect((await log()).map(({ name }) => name)).toEqual(['same', 'other']);
});

test('a leader who has been replaced is refused, the others of its group are not', async () => {
  const [row] = await fixture.dataSource.query<[{ epoch: string }]>('SELECT epoch FROM leader');
  const leaderEpoch = Number(row.epoch);
  await fixture.dataSource.query('UPDATE leader SET epoch = epoch + 1');
  const results = await Promise.allSettled([
    fixture.store.commit([create(widget('late'))], controlPlane, { leadership: leading(leaderEpoch) }),
    commit(create(widget('a'))),
    fixture.store.commit([create(widget('b'))], controlPlane, { leadership: leading(leaderEpoch + 1) }),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(results[0]).toMatchObject({ reason: new LeadershipLostError(leaderEpoch, leaderEpoch + 1) });
});

test('the state before is what the transaction found, of Secrets too', async () => {
  const key = keyOf(secrets, 'kept');
  const first = await commit(create(key, { value: 'first' }));
  const feed = await fixture.follower();
  const seen = new Recording();
  await feed.subscribe(first.revision, seen.onTransaction, seen.onEnd);
  await commit(put(key, { value: 'second' }));
  await until('the change', () => seen.transactions.length === 1);
  expect(seen.transactions[0]?.[0]).toMatchObject({
    object: { spec: { value: 'second' } },
    previous: { spec: { value: 'first' }, metadata: { resourceVersion: String(first.revision) } },
  });
});

test('a follower takes what its replica committed at once, but not over a gap, of another history, or twice', async () => {
  const feed = await fixture.follower({ pollMs: 60_000 });
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  const heard: Parameters<CommitListener>[] = [];
  fixture.store.onCommitted((...committed) => void heard.push(committed));
  const { revision } = await commit(create(widget('a')));
  const [transactions, lineage] = heard[0]!;
  await until('the log is read', () => feed.revision === revision);
  feed.committed(transactions, lineage);
  expect(seen.revisions).toEqual([revision]);
  const next = (by: number) => {
    const change = { ...transactions[0]!.changes[0]!, revision: revision + by, lastRevision: revision + by };
    return [{ changes: [change], bytes: 1 }];
  };
  feed.committed(next(2), lineage);
  feed.committed(next(1), `another than ${lineage}`);
  expect(seen.revisions).toEqual([revision]);
  feed.committed(next(1), lineage);
  expect(seen.revisions).toEqual([revision, revision + 1]);
});

test('an object that somebody else holds keeps nobody waiting but those who write it', async () => {
  const other = new Client({ connectionString: fixture.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lockKeyOf(widget('held'))]);
    const held = [commit(create(widget('held'))), commit(put(widget('held'), { size: 2 }))];
    await commit(create(widget('free')));
    await commit(create(widget('free too')));
    expect((await log()).map(({ name }) => name)).toEqual(['free', 'free too']);
    await other.query('ROLLBACK');
    await Promise.all(held);
    expect((await log()).map(({ name }) => name)).toEqual(['free', 'free too', 'held', 'held']);
  } finally {
    await other.end();
  }
});

test('the revision counter is waited for as long as any lock, though an object is not', async () => {
  const other = new Client({ connectionString: fixture.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT FROM meta FOR UPDATE');
    const result = commit(create(widget('a')));
    const waits = until('the counter has been waited for longer than an object is', async () => {
      const [{ count }] = await fixture.dataSource.query<[{ count: string }]>(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
           AND clock_timestamp() - query_start > interval '1200 ms'`,
      );
      return Number(count) > 0;
    });
    await Promise.race([waits, result]);
    await other.query('ROLLBACK');
    await expect(result).resolves.toBeDefined();
  } finally {
    await other.end();
  }
});

test('whatever a listener throws, what is committed is answered, and not written again', async () => {
  fixture.store.onCommitted(() => {
    throw new Error('a reader stumbled');
  });
  const results = await Promise.allSettled([commit(create(widget('a'))), commit(create(widget('b')))]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect((await log()).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('a subscriber that throws at its end keeps the change from no other', async () => {
  const feed = await fixture.follower({ pollMs: 60_000 });
  fixture.store.onCommitted((transactions, lineage) => feed.committed(transactions, lineage));
  const stumble = (): never => {
    throw new Error('a reader stumbled');
  };
  await feed.subscribe(feed.revision, stumble, stumble);
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  const { revision } = await commit(create(widget('a')));
  expect(seen.revisions).toEqual([revision]);
});

test('what followers are told is counted with the state before, which takes room of its own', async () => {
  await commit(create(widget('w'), { text: 'x'.repeat(100_000) }));
  const heard: Parameters<CommitListener>[] = [];
  fixture.store.onCommitted((...committed) => void heard.push(committed));
  await commit(put(widget('w'), { text: '' }));
  expect(heard[0]![0][0]!.bytes).toBeGreaterThan(100_000);
});

test('who is answered finds the change with the followers already', async () => {
  const feed = await fixture.follower({ pollMs: 60_000 });
  fixture.store.onCommitted((transactions, lineage) => feed.committed(transactions, lineage));
  for (const number of range(1, 20)) {
    const { revision } = await commit(put(widget('w'), { number }));
    expect(feed.revision).toBe(revision);
  }
});

test('what a follower was told while it read the log is not handed out again', async () => {
  const page = { read: 0, release: (): void => {} };
  class HeldReader extends LogReader {
    override async read(...given: Parameters<LogReader['read']>): Promise<LogPage> {
      const read = await super.read(...given);
      // The first read of the start passes; the one that the commit's notification asks for is held.
      if (++page.read > 1) await new Promise<void>((resolve) => (page.release = resolve));
      return read;
    }
  }
  const feed = new LogFollower(new HeldReader(new KindRegistry(testKinds), new ObjectCodec(fixture.keys)), {
    url: fixture.url,
    query: (sql, parameters) => fixture.dataSource.query(sql, [...parameters]),
    pollMs: 60_000,
  });
  await feed.start();
  const heard: Parameters<CommitListener>[] = [];
  fixture.store.onCommitted((...committed) => void heard.push(committed));
  await commit(create(widget('a')));
  await until('the read that has found the first one is held', () => page.read === 2);
  const { revision } = await commit(create(widget('b')));
  for (const committed of heard) feed.committed(...committed);
  expect(feed.revision).toBe(revision);
  page.release();
  await until('the notification of the second one asks for a read', () => page.read === 3);
  expect(feed.revision).toBe(revision);
  page.release();
  await feed.stop();
});

describe('two replicas, few objects, refusals and killed connections', () => {
  const names = range(1, 6);
  let other: DataSource;
  beforeEach(async () => {
    other = await createDataSource({ url: fixture.url }).initialize();
  });
  afterEach(() => other.destroy());

  const kill = () =>
    fixture.dataSource
      .query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
           AND application_name = 'signalbox' ORDER BY random() LIMIT 1`,
      )
      .catch(() => undefined);

  test.each([1, 2, 3])('every acknowledged write is there once, in order (%#)', async (seed) => {
    const random = seededRandom(seed);
    const stores = [fixture.store, new PostgresObjectStore(other, fixture)] as const;
    const feed = await fixture.follower({ pollMs: 20 });
    const seen = new Recording();
    await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
    const start = feed.revision;
    // Followers of the replicas, who are told of their own commits; the first one reads all from the log.
    const told = await Promise.all(
      stores.map(async (store) => {
        const own = await fixture.follower({ pollMs: 20 });
        store.onCommitted((transactions, lineage) => own.committed(transactions, lineage));
        const recording = new Recording();
        await own.subscribe(start, recording.onTransaction, recording.onEnd);
        return { own, recording };
      }),
    );

    const acknowledged: { id: string; objects: string[]; revision: number }[] = [];
    const refused: string[] = [];
    const append = (name: number, id: string, refuse: boolean): ObjectWrite => ({
      key: keyOf(name % 3 === 0 ? zones : widgets, `w${name}`),
      verb: 'apply',
      mutate: (stored) => {
        if (refuse) throw new Error('refused');
        const kind = name % 3 === 0 ? zones : widgets;
        const ids = (stored?.spec?.['ids'] as string[] | undefined) ?? [];
        return {
          apiVersion: 'signalbox.dev/v1',
          kind: kind.kind,
          ...stored,
          metadata: { ...stored?.metadata, name: `w${name}` },
          spec: { ids: [...ids, id] },
        };
      },
    });
    const writer = async (number: number): Promise<void> => {
      for (let turn = 0; turn < 12; turn++) {
        const id = randomUUID();
        const chosen = [...names].sort(() => random() - 0.5).slice(0, 1 + Math.floor(random() * 3));
        const refuse = random() < 0.15;
        if (number === 0 && turn % 2 === 0) void kill();
        try {
          const { results, revision } = await stores[number % 2]!.commit(
            chosen.map((name, index) => append(name, id, refuse && index === chosen.length - 1)),
            alice,
          );
          acknowledged.push({ id, objects: results.map(({ object }) => object.metadata.name), revision });
        } catch (error) {
          // A killed connection: it is unknown whether the write was made.
          if ((error as Error).message === 'refused') refused.push(id);
          else expect(error).toMatchObject({ code: 503 });
        }
      }
    };
    await Promise.all(range(0, 11).map(writer));

    const objects = await fixture.dataSource.getRepository(ObjectRow).find();
    const idsOf = new Map(objects.map(({ name, object }) => [name, (object as { spec: { ids: string[] } }).spec.ids]));
    const all = [...idsOf.values()].flat();
    for (const ids of idsOf.values()) expect(new Set(ids).size).toBe(ids.length);
    for (const { id, objects: written } of acknowledged) {
      expect(
        [...idsOf]
          .filter(([, ids]) => ids.includes(id))
          .map(([name]) => name)
          .sort(),
      ).toEqual(written.sort());
    }
    expect(refused.filter((id) => all.includes(id))).toEqual([]);

    const { revision } = await fixture.store.snapshot([]);
    await until('the follower is at the head', () => feed.revision === revision);
    expect(seen.revisions).toEqual(range(start + 1, revision));
    for (const { own, recording } of told) {
      await until('a replica’s follower is at the head', () => own.revision === revision);
      expect(recording.transactions).toStrictEqual(seen.transactions);
    }
    for (const { id, objects: written, revision: last } of acknowledged) {
      const transaction = seen.transactions.find((changes) => changes[0]?.lastRevision === last);
      expect(transaction?.map(({ name }) => name).sort()).toEqual(written.sort());
      expect(transaction?.every(({ object }) => (object.spec!['ids'] as string[]).at(-1) === id)).toBe(true);
    }
    expect(await fixture.verifyAudit()).toMatchObject({ valid: true });
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(refused.length).toBeGreaterThan(5);
  });
});

test('nothing is written where the transaction did not begin', async () => {
  const { dataSource, keys, auditKeys } = fixture;
  // BEGIN alone is refused; what travels with it is not.
  const refusing = Object.assign(Object.create(dataSource) as DataSource, {
    createQueryRunner: () => {
      const queryRunner = dataSource.createQueryRunner();
      const connect = queryRunner.connect.bind(queryRunner);
      queryRunner.connect = async () => {
        const client = (await connect()) as PoolClient;
        const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
        const begins = (text: unknown) => typeof text === 'string' && text.startsWith('BEGIN');
        const refused = (...parameters: unknown[]) =>
          begins(parameters[0]) ? Promise.reject(new Error('not now')) : query(...parameters);
        return Object.assign(Object.create(client) as PoolClient, { query: refused });
      };
      return queryRunner;
    },
  });
  const store = new PostgresObjectStore(refusing, { keys, auditKeys });
  await expect(store.commit([create(widget('a'))], alice)).rejects.toThrow('not now');
  expect(await fixture.store.get(widget('a'))).toBeUndefined();
});
