import { createStoreFixture, until, type StoreFixture } from '../../test/store-fixture.js';
import { controlPlane, create, keyOf, widgets } from '../../test/test-kinds.js';
import { LeadershipLostError } from '../store/fencing.js';
import { LeaderElection, type LeaderOptions } from './leader-election.js';
import { LeaderRow } from './leader.entity.js';

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

function candidate(holder: string, options: Partial<LeaderOptions> = {}) {
  const election = new LeaderElection({ url: fixture.url, holder, retryMs: 20, ...options });
  const told: string[] = [];
  election.addListener({
    gained: (epoch) => told.push(`gained ${epoch}`),
    lost: (epoch) => told.push(`lost ${epoch}`),
  });
  elections.push(election);
  election.start();
  return { election, told };
}

test('of two replicas one leads, and the other takes over with a higher epoch', async () => {
  const first = candidate('first');
  await until('the first leads', () => first.election.isLeader);
  const second = candidate('second');
  expect(first.election.epoch).toBe(1);
  await first.election.stop();
  expect(first).toMatchObject({ told: ['gained 1', 'lost 1'], election: { isLeader: false, epoch: undefined } });
  await until('the second leads', () => second.election.isLeader);
  expect(second.told).toEqual(['gained 2']);
  const [row] = await fixture.dataSource.getRepository(LeaderRow).find();
  expect(row).toMatchObject({ epoch: 2, holder: 'second' });
});

test('a dropped connection ends leadership at once; what the old leader still writes is refused', async () => {
  const errors: Error[] = [];
  // So slow to return that the other one certainly gets the lock.
  const first = candidate('first', { onError: (error) => errors.push(error), random: () => 1_000 });
  await until('the first leads', () => first.election.isLeader);
  const epoch = first.election.epoch ?? 0;
  await fixture.store.commit([create(keyOf(widgets, 'in-time'))], controlPlane, { leaderEpoch: epoch });

  const second = candidate('second');
  await fixture.dataSource.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  await until('the second leads', () => second.election.isLeader);
  await until('the first knows', () => !first.election.isLeader);
  expect(first.told).toEqual([`gained ${epoch}`, `lost ${epoch}`]);
  expect(errors).not.toEqual([]);
  const late = fixture.store.commit([create(keyOf(widgets, 'late'))], controlPlane, { leaderEpoch: epoch });
  await expect(late).rejects.toEqual(new LeadershipLostError(epoch, epoch + 1));
  expect(await fixture.store.get(keyOf(widgets, 'late'))).toBeUndefined();
});

test('a listener that comes late is told who leads', async () => {
  const { election } = candidate('only');
  await until('it leads', () => election.isLeader);
  const gained: number[] = [];
  election.addListener({ gained: (epoch) => gained.push(epoch), lost: () => {} });
  expect(gained).toEqual([1]);
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
  expect(election.isLeader).toBe(false);
});
