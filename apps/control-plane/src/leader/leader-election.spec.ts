import { FakeClock } from '#libs/testing';
import { createStoreFixture, until, type StoreFixture } from '../../test/store-fixture.js';
import { controlPlane, create, keyOf, widgets } from '../../test/test-kinds.js';
import { DatabaseRoute } from '../../test/database-route.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import { LeadershipLostError } from '../store/fencing.js';
import { LeaderElection, type LeaderOptions } from './leader-election.js';
import { LeaderRow } from './leader.entity.js';
import type { Leadership } from './leadership.js';

let fixture: StoreFixture;
let elections: LeaderElection[];
beforeEach(async () => {
  fixture = await createStoreFixture();
  elections = [];
});
afterEach(async () => {
  await Promise.all(elections.map((election) => election.stop()));
  await fixture.close();
});

/** Leases are short where a test waits for their end, and long where it must not come. */
const SHORT = { leaseMs: 900, renewMs: 100, retryMs: 20 };

function candidate(holder: string, options: Partial<LeaderOptions> = {}) {
  const election = new LeaderElection({ url: fixture.url, holder, retryMs: 20, ...options });
  const told: string[] = [];
  election.addListener({
    gained: ({ epoch }) => told.push(`gained ${epoch}`),
    lost: ({ epoch }) => told.push(`lost ${epoch}`),
  });
  elections.push(election);
  election.start();
  return { election, told };
}

async function leads({ election }: { election: LeaderElection }): Promise<Leadership> {
  await until('it leads', () => election.current !== undefined);
  return election.current!;
}

const connections = () =>
  fixture.dataSource.query<{ pid: number }[]>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'signalbox-leader'`,
  );

test('of two replicas one leads; when it stops, the other takes over at once, with a higher epoch', async () => {
  const first = candidate('first');
  const { epoch } = await leads(first);
  const second = candidate('second');
  await until('the second has tried', async () => (await connections()).length === 2);
  // The lease would last ten seconds more: it is given back.
  const before = performance.now();
  await first.election.stop();
  expect(first).toMatchObject({ told: ['gained 1', 'lost 1'], election: { current: undefined } });
  await leads(second);
  expect(performance.now() - before).toBeLessThan(8_000);
  expect(second.told).toEqual([`gained ${epoch + 1}`]);
  const [row] = await fixture.dataSource.getRepository(LeaderRow).find();
  expect(row).toMatchObject({ epoch: 2, holder: 'second' });
});

test('a leader keeps its lease, and nobody else leads', async () => {
  const first = candidate('first', SHORT);
  await leads(first);
  const second = candidate('second', SHORT);
  const [{ until: end }] = await fixture.dataSource.query<[{ until: Date }]>(
    `SELECT clock_timestamp() + interval '3 s' AS until`,
  );
  // Three leases long, by the database's clock.
  await until('the lease was renewed for long', async () => {
    const [row] = await fixture.dataSource.getRepository(LeaderRow).find();
    return row !== undefined && row.expiresAt > end;
  });
  expect(first.told).toEqual(['gained 1']);
  expect(second.told).toEqual([]);
});

test('a connection that is lost and comes back in time changes nothing', async () => {
  const errors: Error[] = [];
  const first = candidate('first', { renewMs: 50, random: () => 0, onError: (error) => errors.push(error) });
  const leadership = await leads(first);
  const { expiresAtMs } = leadership;
  for (const { pid } of await connections()) await fixture.dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
  await until('the loss is noticed', () => errors.length > 0);
  await until('the lease is renewed', () => leadership.expiresAtMs > expiresAtMs);
  await until('it is back', async () => (await connections()).length === 1);
  expect(first.told).toEqual(['gained 1']);
  expect(leadership.ended.aborted).toBe(false);
});

test('a black-holed leader ends its term by itself, a rival leads, and what the old one still writes is refused', async () => {
  const route = new DatabaseRoute();
  const old = candidate('old', { ...SHORT, url: await route.through(fixture.url) });
  const leadership = await leads(old);
  const rival = candidate('rival', SHORT);
  route.blackHole();
  await leads(rival);
  await until('the old one knows', () => old.told.length === 2);
  expect(old.told).toEqual(['gained 1', 'lost 1']);
  expect(old.election.current).toBeUndefined();
  expect(leadership.ended.aborted).toBe(true);
  expect(rival.told).toEqual(['gained 2']);
  const late = fixture.store.commit([create(keyOf(widgets, 'late'))], controlPlane, {
    // As one that was paused believes: its timer has not fired.
    leadership: { epoch: leadership.epoch, ended: new AbortController().signal, expiresAtMs: Infinity },
  });
  await expect(late).rejects.toEqual(new LeadershipLostError(1, 2));
  await route.close();
});

test('with the times that are usual, a rival leads fifteen seconds after the leader was black-holed', async () => {
  const route = new DatabaseRoute();
  const usual = { leaseMs: undefined, renewMs: undefined, retryMs: undefined };
  const old = candidate('old', { ...usual, url: await route.through(fixture.url) });
  await leads(old);
  const rival = candidate('rival', usual);
  route.blackHole();
  const start = performance.now();
  await leads(rival);
  expect(performance.now() - start).toBeLessThan(15_000);
  expect([old.told, rival.told]).toEqual([['gained 1', 'lost 1'], ['gained 2']]);
  await route.close();
});

test('a take-over that waits for a write of the term before gives up in time, and comes again', async () => {
  const errors: Error[] = [];
  await fixture.dataSource.query(`UPDATE leader SET epoch = 1, holder = 'dead', expires_at = '-infinity'`);
  let rival!: ReturnType<typeof candidate>;
  await inTransaction(fixture.dataSource, READ_COMMITTED, async (queryRunner) => {
    await queryRunner.query('SELECT epoch FROM leader FOR KEY SHARE');
    rival = candidate('rival', { ...SHORT, random: () => 0, onError: (error) => errors.push(error) });
    await until('it has given up once', () => errors.length > 0);
    expect(rival.told).toEqual([]);
    return { value: undefined };
  });
  await leads(rival);
  expect(errors[0]).toMatchObject({ code: '55P03' });
  // What was given up has not happened behind its back.
  expect(rival.told).toEqual(['gained 2']);
});

describe('an answer that takes its time', () => {
  const leaseMs = 60_000;
  const waiting = () =>
    fixture.dataSource.query<unknown[]>(
      `SELECT FROM pg_stat_activity WHERE application_name = 'signalbox-leader' AND wait_event_type = 'Lock'
         AND datname = current_database()`,
    );

  /** For so long by the clock of the replica the database says nothing of what it asks. */
  async function answersAfter(clock: FakeClock, ms: number): Promise<void> {
    await inTransaction(fixture.dataSource, READ_COMMITTED, async (queryRunner) => {
      await queryRunner.query('SELECT FROM leader FOR UPDATE');
      await until('the replica waits for an answer', async () => (await waiting()).length > 0);
      clock.advance(ms);
      return { value: undefined };
    });
  }

  test('takes from the term, of a take-over and of a renewal: it counts from the question on', async () => {
    const clock = new FakeClock();
    const terms: number[] = [];
    const counting = {
      nowMs: clock.nowMs,
      epochMs: clock.epochMs,
      after: (ms: number, action: () => void) => {
        terms.push(ms);
        return clock.after(ms, action);
      },
    };
    const first = candidate('first', { leaseMs, renewMs: 50, clock: counting });
    await answersAfter(clock, 1_000);
    await leads(first);
    expect(terms[0]).toBe(leaseMs - 1_000);
    await answersAfter(clock, 2_000);
    await until('the late renewal has come', () => terms.includes(leaseMs - 2_000));
    expect(first.told).toEqual(['gained 1']);
  });

  test('begins no term that is over by then', async () => {
    const clock = new FakeClock();
    const first = candidate('first', { leaseMs, clock });
    await answersAfter(clock, leaseMs);
    // It is its own lease still, so it may take it again.
    await leads(first);
    expect(first.told).toEqual(['gained 2']);
  });
});

test('the end of a term comes before the end of the lease in the database', async () => {
  const first = candidate('first', { leaseMs: 60_000 });
  const { expiresAtMs } = await leads(first);
  const [row] = await fixture.dataSource.query<[{ left: number }]>(
    `SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS left FROM leader`,
  );
  expect(expiresAtMs - performance.now()).toBeLessThanOrEqual(row.left + 1);
  expect(row.left).toBeGreaterThan(50_000);
});

test('one who was taken over while it could not know ends its term at the next renewal', async () => {
  const first = candidate('first', { renewMs: 20 });
  await leads(first);
  await fixture.dataSource.query(
    `UPDATE leader SET epoch = epoch + 1, holder = 'other', expires_at = clock_timestamp() + interval '1 minute'`,
  );
  await until('the first knows', () => first.told.length === 2);
  expect(first.told).toEqual(['gained 1', 'lost 1']);
});

test('a listener that comes late is told who leads', async () => {
  const only = candidate('only');
  const leadership = await leads(only);
  const gained: Leadership[] = [];
  only.election.addListener({ gained: (term) => gained.push(term), lost: () => {} });
  expect(gained).toEqual([leadership]);
});

test('keeps trying while the server is away, and stops when asked', async () => {
  const errors: Error[] = [];
  const election = new LeaderElection({
    url: 'postgres://nobody@127.0.0.1:1/none',
    holder: 'lonely',
    random: () => 0,
    onError: (error) => errors.push(error),
  });
  election.start();
  await until('two failed tries', () => errors.length >= 2);
  await election.stop();
  expect(election.current).toBeUndefined();
});
