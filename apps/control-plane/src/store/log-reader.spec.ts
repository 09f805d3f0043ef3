import { randomBytes } from 'node:crypto';
import { KindRegistry } from '#libs/apimachinery';
import { createStoreFixture, range, type StoreFixture } from '../../test/store-fixture.js';
import { alice, create, gadgets, keyOf, put, secrets, testKinds, widgets } from '../../test/test-kinds.js';
import { LogCompactor } from './log-compactor.js';
import { LogReader, PAGE_BYTES, type Query } from './log-reader.js';
import { ObjectCodec } from './object-codec.js';
import type { ObjectWrite } from './object-store.js';

let fixture: StoreFixture;
let reader: LogReader;
beforeEach(async () => {
  fixture = await createStoreFixture();
  reader = new LogReader(new KindRegistry(testKinds), new ObjectCodec(fixture.keys));
});
afterEach(() => fixture.close());

const query: Query = (sql, parameters) => fixture.dataSource.query(sql, [...parameters]);
const commit = (...writes: ObjectWrite[]) => fixture.store.commit(writes, alice);
const widget = (name: string | number) => keyOf(widgets, String(name));
const head = async (): Promise<number> => (await fixture.store.snapshot([])).revision;

test('a page is read in one statement, so that no compaction can fall into the middle of it', async () => {
  const start = await head();
  await commit(...range(1, 1_200).map((number) => create(widget(number))));
  await commit(create(widget('tail')));
  let reads = 0;
  const compacting: Query = async (sql, parameters) => {
    const rows = await query(sql, parameters);
    if (++reads === 1) await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 1 }).compact();
    return rows;
  };
  const page = await reader.read(compacting, start);
  expect(page.transactions.map(({ changes }) => changes.length)).toEqual([1_200]);
  expect(page).toMatchObject({ position: start + 1_200, newest: start + 1_201, oldest: start, more: true });
  // The compaction did happen: who asks for the same again is told that it is gone.
  expect((await reader.read(query, start)).oldest).toBe(start + 1_200);
});

test('a page ends with the transaction that fills it, and holds at least one', async () => {
  const start = await head();
  // Random bytes are stored as long as they are.
  const large = () => ({ text: randomBytes(PAGE_BYTES / 4).toString('base64url') });
  for (const name of [1, 2, 3, 4, 5]) await commit(put(widget(name), large()));
  const sizes: number[] = [];
  let position = start;
  for (let more = true; more;) {
    const page = await reader.read(query, position);
    sizes.push(page.transactions.length);
    ({ position, more } = page);
  }
  expect(sizes).toEqual([2, 2, 1]);
  expect(position).toBe(await head());

  const whole = await head();
  await commit(...[6, 7, 8, 9, 10, 11].map((name) => put(widget(name), large())));
  expect((await reader.read(query, whole)).transactions.map(({ changes }) => changes.length)).toEqual([6]);
});

test('what was there before is the object of the change before, where that is at hand', async () => {
  const start = await head();
  for (const size of [1, 2, 3]) await commit(put(widget('w'), { size }), put(keyOf(gadgets, 'g'), { size }));
  const { transactions } = await reader.read(query, start);
  const [first, second, third] = transactions.map(({ changes }) => changes);
  for (const index of [0, 1]) {
    expect(second?.[index]?.previous).toBe(first?.[index]?.object);
    expect(third?.[index]?.previous).toBe(second?.[index]?.object);
  }
  const last = second?.at(-1)?.revision ?? 0;
  const apart = await reader.read(query, last, (key, revision) => {
    const change = second?.find((each) => key.endsWith(`/${each.name}`));
    return change?.revision === revision ? change.object : undefined;
  });
  expect(apart.transactions[0]?.changes[0]?.previous).toBe(second?.[0]?.object);
  const alone = await reader.read(query, last);
  expect(alone.transactions[0]?.changes).toEqual(apart.transactions[0]?.changes);
  expect(alone.transactions[0]?.bytes).toBeGreaterThan(apart.transactions[0]!.bytes);
});

test('encrypted objects are read like others', async () => {
  const start = await head();
  const key = keyOf(secrets, 's');
  await commit(put(key, { value: 'one' }));
  await commit(put(key, { value: 'two' }));
  const { transactions } = await reader.read(query, start);
  expect(transactions.map(({ changes }) => changes[0]?.object.spec)).toEqual([{ value: 'one' }, { value: 'two' }]);
  expect(transactions[1]?.changes[0]?.previous?.spec).toEqual({ value: 'one' });
});
