import fc from 'fast-check';
import { KindRegistry } from '#libs/apimachinery';
import { DatabaseRoute } from '../../test/database-route.js';
import { createStoreFixture, range, Recording, until, type StoreFixture } from '../../test/store-fixture.js';
import {
  alice,
  controlPlane,
  create,
  gadgets,
  keyOf,
  put,
  remove,
  setStatus,
  testKinds,
  widgets,
} from '../../test/test-kinds.js';
import { ExpiredRevisionError } from './expired-revision-error.js';
import { LogCompactor } from './log-compactor.js';
import { LogFollower } from './log-follower.js';
import { LogReader } from './log-reader.js';
import { ObjectCodec } from './object-codec.js';
import type { ObjectWrite } from './object-store.js';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const commit = (...writes: ObjectWrite[]) => fixture.store.commit(writes, alice);
const widget = (name: string | number) => keyOf(widgets, String(name));
const commitMany = async (count: number): Promise<number[]> => {
  const revisions: number[] = [];
  for (const number of range(1, count)) revisions.push((await commit(put(widget('w'), { number }))).revision);
  return revisions;
};
const follow = async (feed: LogFollower, after = feed.revision): Promise<Recording> => {
  const recording = new Recording();
  await feed.subscribe(after, recording.onTransaction, recording.onEnd);
  return recording;
};
const killFollowers = () =>
  fixture.dataSource.query<{ pid: number }[]>(
    `SELECT pg_terminate_backend(pid), pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'signalbox-follower'`,
  );

test('a subscriber is told of a transaction whole, with what was there before', async () => {
  const feed = await fixture.follower();
  const seen = await follow(feed);
  const first = await commit(create(widget('a'), { size: 1 }), create(keyOf(gadgets, 'b')));
  const second = await fixture.store.commit([setStatus(widget('a'), { ready: true })], controlPlane);
  await commit(remove(widget('a')));
  await until('three transactions', () => seen.transactions.length === 3);
  const [created, changed, removed] = seen.transactions;
  expect(created).toMatchObject([
    { revision: first.revision - 1, lastRevision: first.revision, type: 'ADDED', kind: widgets, name: 'a' },
    { revision: first.revision, lastRevision: first.revision, type: 'ADDED', kind: gadgets, name: 'b' },
  ]);
  expect(created?.[0]?.object).toEqual(first.results[0]?.object);
  expect(created?.[0]).not.toHaveProperty('previous');
  expect(changed).toEqual([
    {
      revision: second.revision,
      lastRevision: second.revision,
      type: 'MODIFIED',
      kind: widgets,
      namespace: 'default',
      name: 'a',
      object: second.results[0]?.object,
      previous: first.results[0]?.object,
      subresource: 'status',
      traceParent: alice.traceParent,
      at: expect.any(Number),
    },
  ]);
  expect(removed).toMatchObject([
    {
      type: 'DELETED',
      object: { status: { ready: true }, metadata: { resourceVersion: `${second.revision + 1}` } },
    },
  ]);
});

/** Makes its whole transaction fail, after the others of it were decided. */
const refusal: ObjectWrite = {
  ...create(keyOf(widgets, 'refused')),
  mutate: () => {
    throw new Error('refused');
  },
};

test('twelve writers, random refusals and killed connections: every revision once, in order, in whole transactions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), refused: fc.integer({ min: 0, max: 16 }) }), {
        minLength: 5,
        maxLength: 12,
      }),
      async (turns) => {
        const feed = await fixture.follower({ pollMs: 50 });
        const start = feed.revision;
        const [fromStart, fromRing] = [await follow(feed, start), new Recording()];
        const committed: number[] = [];
        const writer = async (number: number): Promise<void> => {
          for (const [turn, { size, refused }] of turns.entries()) {
            const writes = range(1, size).map((index) =>
              put(widget((number * 7 + index) % 9), { number, turn, index }),
            );
            if ((refused + number) % 17 === 0) await commit(...writes, refusal).catch(() => undefined);
            else committed.push((await commit(...writes)).revision);
            if (number === 0) await killFollowers();
            if (number === 1 && turn === 2) await feed.subscribe(start, fromRing.onTransaction, fromRing.onEnd);
          }
        };
        await Promise.all(range(0, 11).map(writer));
        const { revision } = await fixture.store.snapshot([]);
        await until('the follower is at the head', () => feed.revision === revision);
        for (const seen of [fromStart, fromRing]) {
          expect(seen.revisions).toEqual(range(start + 1, revision));
          expect(seen.transactions.map((changes) => changes[0]?.lastRevision)).toEqual(
            committed.filter((value, index) => committed.indexOf(value) === index).sort((a, b) => a - b),
          );
          expect(seen.transactions.every((changes) => changes.at(-1)?.revision === changes[0]?.lastRevision)).toBe(
            true,
          );
          expect(seen.ended).toBeUndefined();
        }
        await feed.stop();
      },
    ),
    { numRuns: 4 },
  );
});

test('a lost notification is made up for by the poll', async () => {
  const feed = await fixture.follower({ pollMs: 20 });
  const seen = await follow(feed);
  await commit(create(widget('model')));
  await until('the notified change', () => seen.transactions.length === 1);
  // A row as a commit writes it, without its NOTIFY.
  await fixture.dataSource.query(
    `WITH next AS (UPDATE meta SET rv = rv + 1 RETURNING rv)
     INSERT INTO object_log
     SELECT next.rv, next.rv, 'MODIFIED', api_group, kind, namespace, name, uid, NULL, object, object, log.rv, '', now()
     FROM next, object_log AS log WHERE name = 'model'`,
  );
  await until('the change nobody notified', () => seen.transactions.length === 2);
});

test('what is committed while the log is read for the first time wakes the follower', async () => {
  const reader = new LogReader(new KindRegistry(testKinds), new ObjectCodec(fixture.keys));
  let committed: number | undefined;
  const reading = {
    read: async (...parameters: Parameters<LogReader['read']>) => {
      const page = await reader.read(...parameters);
      committed ??= (await commit(create(widget('meanwhile')))).revision;
      return page;
    },
  } as LogReader;
  const follower = new LogFollower(reading, {
    url: fixture.url,
    query: (sql, parameters) => fixture.dataSource.query(sql, [...parameters]),
    pollMs: 3_600_000,
  });
  try {
    await follower.start();
    await until('it has read on', () => follower.revision === committed);
  } finally {
    await follower.stop();
  }
});

test('a follower whose connection is gone reads on where it was', async () => {
  const errors: Error[] = [];
  const feed = await fixture.follower({ onError: (error) => errors.push(error) });
  const seen = await follow(feed);
  for (const round of [1, 2, 3]) {
    await killFollowers();
    const { revision } = await commit(put(widget('w'), { round }));
    await until('the follower has caught up', () => feed.revision === revision && feed.connected);
  }
  expect(seen.transactions.flat().map(({ object }) => object.spec)).toEqual([{ round: 1 }, { round: 2 }, { round: 3 }]);
  expect(errors.length).toBeGreaterThanOrEqual(3);
});

describe('a follower whose connection falls silent and stays open', () => {
  const throughRoute = async () => {
    const route = new DatabaseRoute();
    const feed = await fixture.follower({ url: await route.through(fixture.url), random: () => 0 });
    return { route, feed };
  };

  test('gives it up in a few seconds, and reads on over another one', async () => {
    const { route, feed } = await throughRoute();
    const seen = await follow(feed);
    route.blackHole({ onlyOpen: true });
    const start = performance.now();
    await commit(create(widget('meanwhile')));
    await until('the change is seen', () => seen.transactions.length === 1);
    // The poll, the silence after it, and a new connection.
    expect(performance.now() - start).toBeLessThan(8_000);
    await feed.stop();
    await route.close();
  });

  test('says so while nothing passes at all', async () => {
    const { route, feed } = await throughRoute();
    expect(feed.connected).toBe(true);
    const start = performance.now();
    route.blackHole();
    await until('it says that it is not connected', () => !feed.connected);
    expect(performance.now() - start).toBeLessThan(8_000);
    route.restore();
    await until('it is back', () => feed.connected);
    await feed.stop();
    await route.close();
  });
});

test('a transaction larger than a page is never split', async () => {
  const feed = await fixture.follower({ pollMs: 20 });
  const start = feed.revision;
  const live = await follow(feed);
  await commit(...range(1, 499).map((number) => create(widget(number))));
  await commit(...range(1, 1_200).map((number) => create(keyOf(gadgets, String(number)))));
  await until('both transactions', () => live.transactions.length === 2);
  const late = await follow(await fixture.follower(), start);
  for (const seen of [live, late]) expect(seen.transactions.map((changes) => changes.length)).toEqual([499, 1_200]);
});

describe('a subscription', () => {
  test('from the ring, from the log or from the middle of a transaction gets the rest, once', async () => {
    const feed = await fixture.follower({ ringBytes: 6_000 });
    const start = feed.revision;
    await commit(create(widget('a')), create(widget('b')), create(widget('c')));
    const revisions = await commitMany(10);
    const end = revisions.at(-1) ?? 0;
    await until('the follower is at the head', () => feed.revision === end);
    for (const after of [start, start + 2, end - 6, end - 2, end]) {
      expect((await follow(feed, after)).revisions).toEqual(range(after + 1, end));
    }
  });

  test('may start at a revision that the follower has not reached yet', async () => {
    const feed = await fixture.follower({ pollMs: 20 });
    // No NOTIFY wakes it, so the commit is ahead of the feed for a while.
    const { revision } = await commit(create(widget('mine')));
    const seen = await follow(feed, revision);
    const next = await commit(create(widget('next')));
    await until('the next change', () => seen.revisions.length > 0);
    expect(seen.revisions).toEqual([next.revision]);
  });

  test('ends alone when its callback throws', async () => {
    const feed = await fixture.follower();
    const [broken, fine] = [new Recording(), await follow(feed)];
    await feed.subscribe(
      feed.revision,
      () => {
        throw new Error('cannot take it');
      },
      broken.onEnd,
    );
    await commitMany(2);
    await until('the other one goes on', () => fine.transactions.length === 2);
    expect(broken.ended).toEqual(new Error('cannot take it'));
  });

  test('hears nothing once closed, and of the end when the feed stops', async () => {
    const feed = await fixture.follower();
    const [closed, open] = [new Recording(), await follow(feed)];
    const subscription = await feed.subscribe(feed.revision, closed.onTransaction, closed.onEnd);
    subscription.close();
    await commitMany(1);
    await until('the open one hears', () => open.transactions.length === 1);
    await feed.stop();
    expect(closed.transactions).toEqual([]);
    expect(closed.ended).toBeUndefined();
    expect(open.ended).toBeInstanceOf(Error);
  });

  test('needs a feed that has started', async () => {
    const feed = new LogFollower(undefined as never, { url: fixture.url, query: () => Promise.resolve([]) });
    await expect(follow(feed, 0)).rejects.toThrow('has not started');
  });
});

describe('a revision that is not available', () => {
  const compact = (keepRows: number) =>
    new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows, batchRows: 3 }).compact();
  const subscribe = (feed: LogFollower, after: number) => follow(feed, after);

  test('in the future is refused', async () => {
    const feed = await fixture.follower();
    const [revision = 0] = await commitMany(1);
    await expect(subscribe(feed, revision + 1)).rejects.toEqual(new ExpiredRevisionError(revision + 1, 1, revision));
  });

  test('compacted is refused; the rest is served', async () => {
    const [first = 0, ...others] = await commitMany(8);
    const end = others.at(-1) ?? 0;
    expect(await compact(4)).toBe(4);
    const feed = await fixture.follower();
    await expect(subscribe(feed, first)).rejects.toEqual(new ExpiredRevisionError(first, end - 4, end));
    expect((await subscribe(feed, end - 4)).revisions).toEqual(range(end - 3, end));
  });

  test('ends the subscriptions of a follower that was away for longer than the log reaches back', async () => {
    const feed = await fixture.follower({ pollMs: 20 });
    const seen = await follow(feed);
    const away = feed.revision;
    // A log that lost what the follower has not read yet, as after a long partition.
    await fixture.dataSource.query('UPDATE meta SET rv = rv + 50, compacted = rv + 50');
    await until('the end is told', () => seen.ended !== undefined);
    expect(seen.ended).toEqual(new ExpiredRevisionError(away, away + 50, away + 50));
    const again = await follow(feed);
    const [revision = 0] = await commitMany(1);
    await until('the follower goes on', () => again.revisions.length > 0);
    expect(again.revisions).toEqual([revision]);
  });
});

test('another history ends what follows this one, wherever its revisions are', async () => {
  const feed = await fixture.follower({ pollMs: 20 });
  const seen = await follow(feed);
  await fixture.dataSource.query('UPDATE meta SET lineage = gen_random_uuid()');
  await until('the end is told', () => seen.ended !== undefined);
  expect(seen.ended).toBeInstanceOf(ExpiredRevisionError);
  const again = await follow(feed);
  const [revision = 0] = await commitMany(1);
  await until('the follower goes on', () => again.revisions.length > 0);
  expect(again.revisions).toEqual([revision]);
});

describe('compaction', () => {
  const rows = async (): Promise<number> =>
    Number((await fixture.dataSource.query<[{ count: string }]>('SELECT count(*) FROM object_log'))[0].count);

  test('keeps what is young, and keeps enough rows', async () => {
    await commitMany(6);
    expect(await new LogCompactor(fixture.dataSource).compact()).toBe(0);
    expect(await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 100 }).compact()).toBe(0);
    expect(await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 2, batchRows: 1 }).compact()).toBe(4);
    expect(await rows()).toBe(2);
  });

  test('never cuts a transaction', async () => {
    await commit(create(widget('a')), create(widget('b')), create(widget('c')));
    await commit(create(widget('d')));
    expect(await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 2, batchRows: 1 }).compact()).toBe(0);
    expect(await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 1, batchRows: 1 }).compact()).toBe(3);
  });

  test('is one replica’s at a time', async () => {
    await commitMany(20);
    const compactors = range(1, 4).map(
      () => new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 5, batchRows: 2 }),
    );
    const deleted = await Promise.all(compactors.map((compactor) => compactor.compact()));
    expect(deleted.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(2);
    await compactors[0]?.compact();
    expect(await rows()).toBe(5);
  });
});
