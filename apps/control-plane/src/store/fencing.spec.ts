import type { PoolClient } from 'pg';
import { createStoreFixture, until, type StoreFixture } from '../../test/store-fixture.js';
import { leading } from '../../test/leading.js';
import { controlPlane, create, keyOf, put, widgets } from '../../test/test-kinds.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import { LeadershipLostError, readEpoch } from './fencing.js';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

const currentEpoch = async (): Promise<number> => {
  const [row] = await fixture.dataSource.query<[{ epoch: string }]>('SELECT epoch FROM leader');
  return Number(row.epoch);
};
const takeOver = () => fixture.dataSource.query('UPDATE leader SET epoch = epoch + 1');
const renew = () => fixture.dataSource.query('UPDATE leader SET expires_at = clock_timestamp()');

test('a write of a leader whose epoch has ended is refused', async () => {
  const key = keyOf(widgets, 'fenced');
  const epoch = await currentEpoch();
  await fixture.store.commit([create(key)], controlPlane, { leadership: leading(epoch) });
  await takeOver();
  const late = fixture.store.commit([put(key, { late: true })], controlPlane, { leadership: leading(epoch) });
  await expect(late).rejects.toEqual(new LeadershipLostError(epoch, epoch + 1));
  expect((await fixture.store.get(key))?.spec).toEqual({});
});

test('a write in a term that has ended is refused, whatever the epoch', async () => {
  const key = keyOf(widgets, 'ended');
  const leadership = leading(await currentEpoch(), AbortSignal.abort());
  await expect(fixture.store.commit([create(key)], controlPlane, { leadership })).rejects.toThrow('has ended');
  expect(await fixture.store.get(key)).toBeUndefined();
});

test('a leadership that is undefined is refused, and no licence to write unfenced', async () => {
  const key = keyOf(widgets, 'unfenced');
  const write = async () => fixture.store.commit([create(key)], controlPlane, { leadership: undefined });
  await expect(write()).rejects.toThrow('was given no leadership');
  expect(await fixture.store.get(key)).toBeUndefined();
});

test('a take-over waits for the write that has passed the check; a renewal does not', async () => {
  const epoch = await currentEpoch();
  let takenOver = false;
  let taking: Promise<unknown> = Promise.resolve();
  const isWaiting = async (): Promise<boolean> => {
    const rows = await fixture.dataSource.query<unknown[]>(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE leader SET epoch%'`,
    );
    return rows.length > 0;
  };
  await inTransaction(fixture.dataSource, READ_COMMITTED, async (queryRunner) => {
    expect(await readEpoch((await queryRunner.connect()) as PoolClient)).toBe(epoch);
    await renew();
    taking = takeOver().then(() => (takenOver = true));
    await until('the take-over waits or is done', async () => takenOver || (await isWaiting()));
    expect(takenOver).toBe(false);
    return { value: undefined };
  });
  await taking;
  expect(await currentEpoch()).toBe(epoch + 1);
});
