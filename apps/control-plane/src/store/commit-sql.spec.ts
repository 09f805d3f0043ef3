import type { PoolClient } from 'pg';
import { createStoreFixture, range, type StoreFixture } from '../../test/store-fixture.js';
import { alice, create, keyOf, objectOf, remove, widgets } from '../../test/test-kinds.js';
import { prepareRow, type PreparedRow } from './commit-rows.js';
import { takeRevisions, writeRows } from './commit-sql.js';
import { ObjectCodec } from './object-codec.js';
import type { ObjectKey } from './object-store.js';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());

const ROWS = 300;
const keys = range(1, ROWS).map((index) => keyOf(widgets, `w${index}`));

interface PlanNode {
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Pairs of rows that the statement looked at in vain. */
async function pairsInVain(rows: readonly PreparedRow[]): Promise<number> {
  const queryRunner = fixture.dataSource.createQueryRunner();
  const client = (await queryRunner.connect()) as PoolClient;
  await client.query('BEGIN');
  const point = await takeRevisions(client, rows);
  let plan: PlanNode | undefined;
  const explaining = {
    query: async ({ text, values }: { text: string; values: unknown[] }) => {
      const explained = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      plan = explained.rows[0]!['QUERY PLAN'][0].Plan;
    },
  };
  await writeRows(explaining as unknown as PoolClient, [{ rows, traceParent: '' }], point, fixture.auditKeys);
  await client.query('ROLLBACK');
  await queryRunner.release();
  return inVain(plan!);
}

const inVain = (node: PlanNode): number =>
  (node['Rows Removed by Join Filter'] ?? 0) * node['Actual Loops'] +
  (node.Plans ?? []).reduce((sum, each) => sum + inVain(each), 0);

const codec = (): ObjectCodec => new ObjectCodec(fixture.keys);

function added(key: ObjectKey, index: number): PreparedRow {
  const object = objectOf(key);
  const place = { ...key, uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` };
  const effect = { write: create(key), transition: { type: 'ADDED' as const, object }, place };
  return prepareRow(effect, alice, codec(), fixture.auditKeys);
}

test('what many rows cost to write grows with their number, not with its square', async () => {
  expect(await pairsInVain(keys.map(added))).toBeLessThanOrEqual(ROWS);
  const { results } = await fixture.store.commit(
    keys.map((key) => create(key)),
    alice,
  );
  const removed = results.map(({ object }, index) => {
    const place = { ...keys[index]!, uid: object.metadata.uid! };
    const transition = { type: 'DELETED' as const, object, previous: object };
    return prepareRow({ write: remove(keys[index]!), transition, place }, alice, codec(), fixture.auditKeys);
  });
  expect(await pairsInVain(removed)).toBeLessThanOrEqual(ROWS);
});
