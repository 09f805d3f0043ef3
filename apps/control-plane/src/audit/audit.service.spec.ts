import { createStoreFixture, range, type StoreFixture } from '../../test/store-fixture.js';
import { alice, controlPlane, create, gadgets, keyOf, put, remove, widgets } from '../../test/test-kinds.js';
import { auditHash } from './audit-chain.js';
import { AuditRetention } from './audit-retention.js';
import { AuditService } from './audit.service.js';

let fixture: StoreFixture;
let audit: AuditService;
beforeEach(async () => {
  fixture = await createStoreFixture();
  audit = new AuditService(fixture.dataSource);
  await fixture.store.commit([create(keyOf(widgets, 'a'), { size: 1 }), create(keyOf(gadgets, 'b'))], alice);
  await fixture.store.commit([put(keyOf(widgets, 'a'), { size: 2 })], { ...alice, user: 'bob' });
  await fixture.store.commit([create(keyOf(widgets, 'c', 'other'))], controlPlane);
  await fixture.store.commit([remove(keyOf(widgets, 'a'))], alice);
});
afterEach(() => fixture.close());

/** As somebody would who owns the database: behind the trigger's back. */
async function tamper(...statements: string[]): Promise<void> {
  await fixture.dataSource.query('ALTER TABLE audit DISABLE TRIGGER USER');
  for (const statement of statements) await fixture.dataSource.query(statement);
  await fixture.dataSource.query('ALTER TABLE audit ENABLE TRIGGER USER');
}

describe('list', () => {
  const ids = async (query: Parameters<AuditService['list']>[0]) => (await audit.list(query)).map(({ id }) => id);

  test('is newest first', async () => {
    const rows = await audit.list({});
    expect(rows.map(({ id, actor, verb, name }) => [id, actor, verb, name])).toEqual([
      [5, 'alice', 'delete', 'a'],
      [4, 'system:control-plane', 'create', 'c'],
      [3, 'bob', 'apply', 'a'],
      [2, 'alice', 'create', 'b'],
      [1, 'alice', 'create', 'a'],
    ]);
    expect(rows[0]?.changes).toEqual([{ path: 'spec.size', before: 2 }]);
    expect(rows[2]?.changes).toEqual([{ path: 'spec.size', before: 1, after: 2 }]);
  });

  test('by object, actor, time and page', async () => {
    expect(await ids({ group: 'signalbox.dev', kind: 'Widget', namespace: 'default', name: 'a' })).toEqual([5, 3, 1]);
    expect(await ids({ kind: 'Gadget' })).toEqual([2]);
    expect(await ids({ namespace: 'other' })).toEqual([4]);
    expect(await ids({ actor: 'bob' })).toEqual([3]);
    const at = (await audit.list({ actor: 'bob' }))[0]?.at.getTime() ?? 0;
    expect(await ids({ fromMs: at, toMs: at + 1, actor: 'bob' })).toEqual([3]);
    expect(await ids({ toMs: at, actor: 'bob' })).toEqual([]);
    expect(await ids({ fromMs: at + 1, actor: 'bob' })).toEqual([]);
    expect(await ids({ beforeId: 3, limit: 1 })).toEqual([2]);
  });
});

describe('the table', () => {
  test.each([
    ['UPDATE', `UPDATE audit SET actor = 'mallory'`],
    ['DELETE', 'DELETE FROM audit'],
    ['TRUNCATE', 'TRUNCATE audit'],
  ])('refuses %s', async (operation, statement) => {
    await expect(fixture.dataSource.query(statement)).rejects.toThrow(`audit is append-only: ${operation} refused`);
  });
});

describe('verify', () => {
  test('walks the whole chain', async () => {
    for (const number of range(1, 20)) await fixture.store.commit([put(keyOf(widgets, 'd'), { number })], alice);
    expect(await new AuditService(fixture.dataSource, 4).verify()).toEqual({ valid: true, rows: 25 });
  });

  test('of nothing is valid', async () => {
    const empty = await createStoreFixture();
    expect(await new AuditService(empty.dataSource).verify()).toEqual({ valid: true, rows: 0 });
    await empty.close();
  });

  test.each([
    ['an altered actor', 3, [`UPDATE audit SET actor = 'alice' WHERE id = 3`]],
    ['an altered field value', 3, [`UPDATE audit SET changes = '[]' WHERE id = 3`]],
    ['an altered time', 1, [`UPDATE audit SET at = at - interval '1 ms' WHERE id = 1`]],
    ['an altered hash', 3, [`UPDATE audit SET hash = sha256(hash) WHERE id = 3`]],
    ['an altered link', 3, [`UPDATE audit SET previous_hash = sha256(hash) WHERE id = 3`]],
    ['a row removed in the middle', 2, ['DELETE FROM audit WHERE id = 2']],
    ['the first row removed', 1, ['DELETE FROM audit WHERE id = 1']],
    ['a tail cut off', 4, ['DELETE FROM audit WHERE id >= 4']],
    ['everything removed', 1, ['TRUNCATE audit']],
    [
      'two rows exchanged',
      2,
      [
        'UPDATE audit SET id = 100 WHERE id = 2',
        'UPDATE audit SET id = 2 WHERE id = 3',
        'UPDATE audit SET id = 3 WHERE id = 100',
      ],
    ],
    [
      'a removed row with the others moved up',
      2,
      ['DELETE FROM audit WHERE id = 2', 'UPDATE audit SET id = id - 1 WHERE id > 2'],
    ],
    ['a last row put back from an older state', 5, ['UPDATE meta SET audit_hash = sha256(audit_hash)']],
  ])('names %s', async (_case, badRow, statements) => {
    await tamper(...statements);
    expect(await audit.verify()).toMatchObject({ valid: false, badRow, reason: expect.any(String) });
  });

  test('names a row that was added outside of a commit, hash and all', async () => {
    const last = (await audit.list({ limit: 1 }))[0];
    await fixture.dataSource.query(
      `INSERT INTO audit SELECT (id + 1), at, actor, actor_groups, verb, api_group, kind, namespace, name, subresource, uid,
         generation, revision, changes, source_address, user_agent, trace_id, hash, hash FROM audit WHERE id = $1`,
      [last?.id],
    );
    expect(await audit.verify()).toMatchObject({ valid: false, badRow: 6 });
  });
});

describe('retention', () => {
  /** Makes the first rows as old as if they had been written then, their hashes included. */
  async function age(upTo: number, days: number): Promise<void> {
    const rows = (await audit.list({})).reverse();
    let previousHash: Buffer = Buffer.alloc(32);
    const statements: string[] = [];
    for (const { hash: _hash, ...row } of rows) {
      const at = row.id <= upTo ? new Date(row.at.getTime() - days * 86_400_000) : row.at;
      const hash = auditHash({ ...row, at, previousHash });
      statements.push(
        `UPDATE audit SET at = '${at.toISOString()}', previous_hash = '\\x${previousHash.toString('hex')}',
           hash = '\\x${hash.toString('hex')}' WHERE id = ${row.id}`,
      );
      previousHash = hash;
    }
    await tamper(...statements, `UPDATE meta SET audit_hash = '\\x${previousHash.toString('hex')}'`);
  }
  const retention = () => new AuditRetention(fixture.dataSource);

  test('keeps what is younger than 90 days', async () => {
    await age(5, 89);
    expect(await retention().expire()).toBe(0);
    expect(await audit.verify()).toEqual({ valid: true, rows: 5 });
  });

  test('lets older rows go, and the chain still verifies and grows', async () => {
    await age(2, 91);
    expect(await retention().expire()).toBe(2);
    await fixture.store.commit([create(keyOf(widgets, 'later'))], alice);
    expect(await audit.verify()).toEqual({ valid: true, rows: 4 });
    expect((await audit.list({})).map(({ id }) => id)).toEqual([6, 5, 4, 3]);
    await tamper('DELETE FROM audit WHERE id = 3');
    expect(await audit.verify()).toMatchObject({ valid: false, badRow: 3 });
  });

  test('is the only way: an old row cannot be deleted by hand, a young one not even with the start moved', async () => {
    await age(2, 91);
    const refused = /audit is append-only: DELETE refused/;
    await expect(fixture.dataSource.query('DELETE FROM audit WHERE id = 1')).rejects.toThrow(refused);
    await fixture.dataSource.query('UPDATE meta SET audit_start_id = 5');
    await expect(fixture.dataSource.query('DELETE FROM audit WHERE id = 4')).rejects.toThrow(refused);
  });
});
