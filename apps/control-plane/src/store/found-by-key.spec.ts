import { createStoreFixture, range, type StoreFixture, until } from '../../test/store-fixture.js';
import { alice, create, keyOf, update, widgets } from '../../test/test-kinds.js';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

interface Scans {
  readonly table: string;
  readonly whole: string;
  readonly keyed: string;
}

async function scansOf(table: string): Promise<{ whole: number; keyed: number }> {
  const [row] = await fixture.dataSource.query<Scans[]>(
    'SELECT seq_scan AS whole, idx_scan AS keyed FROM pg_stat_user_tables WHERE relname = $1',
    [table],
  );
  return { whole: Number(row!.whole), keyed: Number(row!.keyed) };
}

/** A session keeps its plans, and its first ones are made while the tables are empty and nobody has counted their rows. */
test('what was planned while the tables were small finds one row by its key when they are large', async () => {
  const { store } = fixture;
  // Hands over nothing by itself, so it reads the log.
  await fixture.follower();
  let turns = 0;
  const touch = (name: string) =>
    store.commit([update(keyOf(widgets, name), (stored) => ({ ...stored, spec: { turn: turns++ } }))], alice);
  await store.commit([create(keyOf(widgets, 'w0'))], alice);
  for (const _ of range(1, 10)) await touch('w0');
  await store.commit(
    range(1, 1_500).map((index) => create(keyOf(widgets, `w${index}`))),
    alice,
  );

  const tables = ['object', 'object_log'] as const;
  // A session says what it scanned at the end of a transaction, and at most once a second.
  let counted = 0;
  const before = new Map<string, { whole: number; keyed: number }>();
  await until('what went before is counted', async () => {
    await touch('w1');
    for (const table of tables) before.set(table, await scansOf(table));
    const keyed = before.get('object_log')!.keyed;
    const moved = keyed > counted;
    counted = keyed;
    return moved && keyed > 0;
  });
  await until('the rows of further writes are found by their keys', async () => {
    await touch('w2');
    const now = await Promise.all(tables.map(scansOf));
    return now.every(({ keyed }, index) => keyed > before.get(tables[index]!)!.keyed + 20);
  });
  for (const table of tables) expect([table, (await scansOf(table)).whole]).toEqual([table, before.get(table)!.whole]);
});
