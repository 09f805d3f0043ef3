import { createStoreFixture, range, type StoreFixture } from '../../test/store-fixture.js';
import { alice, controlPlane, create, gadgets, keyOf, put, remove, widgets } from '../../test/test-kinds.js';
import { auditHash, unkeyedAuditHash } from './audit-chain.js';
import { AuditKeys } from './audit-keys.js';
import { AuditRetention } from './audit-retention.js';
import { AuditRow } from './audit.entity.js';
import { AuditService } from './audit.service.js';
import type { ChainLink } from './chain-link.js';
import { beginKeyedChain } from './keyed-chain.js';
import type { Verification, VerificationProgress } from './verify-chain.js';

const SWAPPED = `UPDATE audit SET hash = other.hash, actor = other.actor, name = other.name, kind = other.kind,
  changes = other.changes, uid = other.uid, revision = other.revision, verb = other.verb, generation = other.generation
  FROM (SELECT * FROM audit WHERE id IN (2, 3)) AS other WHERE audit.id IN (2, 3) AND other.id = 5 - audit.id`;

let fixture: StoreFixture;
let audit: AuditService;
beforeEach(async () => {
  fixture = await createStoreFixture();
  audit = new AuditService(fixture.dataSource, fixture.auditKeys);
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

/** To its end: what came of it, and how often it said how far it was. */
async function walk(verification: AsyncGenerator<VerificationProgress, Verification>) {
  for (let pages = 0; ; pages++) {
    const { done, value } = await verification.next();
    if (done) return { outcome: value, pages };
  }
}
const verify = async (from?: ChainLink): Promise<Verification> => (await walk(audit.verify(from))).outcome;
const hex = (bytes: Buffer): string => `'\\x${bytes.toString('hex')}'`;
const rowsInOrder = async (): Promise<AuditRow[]> => (await audit.list({})).reverse();

/** Statements that give the rows other hashes, one following from the other; the head stays as it is. */
function rehashed(
  rows: readonly AuditRow[],
  start: ChainLink,
  hashOf: (row: Omit<AuditRow, 'hash'>) => Buffer,
): { statements: string[]; head: ChainLink } {
  let previous = start;
  const statements = rows.map(({ hash: _hash, ...row }) => {
    const hash = hashOf({ ...row, previousHash: previous.hash });
    const statement = `UPDATE audit SET at = '${row.at.toISOString()}', actor = '${row.actor}',
      previous_hash = ${hex(previous.hash)}, hash = ${hex(hash)} WHERE id = ${row.id}`;
    previous = { id: row.id, hash };
    return statement;
  });
  return { statements, head: previous };
}
const setHead = ({ id, hash }: ChainLink): string => `UPDATE meta SET audit_id = ${id}, audit_hash = ${hex(hash)}`;
const NOTHING: ChainLink = { id: 0, hash: Buffer.alloc(32) };

describe('verify', () => {
  test('walks the whole chain a page at a time, and says how far it is', async () => {
    for (const number of range(1, 20)) await fixture.store.commit([put(keyOf(widgets, 'd'), { number })], alice);
    const paged = new AuditService(fixture.dataSource, fixture.auditKeys, 4);
    expect(await walk(paged.verify())).toEqual({
      outcome: { valid: true, rows: 25, unkeyedRows: 0, head: 25 },
      pages: 7,
    });
  });

  test('goes up to the head it began with, while rows are written', async () => {
    const paged = new AuditService(fixture.dataSource, fixture.auditKeys, 2);
    const verification = paged.verify();
    expect((await verification.next()).value).toEqual({ rows: 2, row: 2, head: 5 });
    await fixture.store.commit([create(keyOf(widgets, 'meanwhile'))], alice);
    expect((await walk(verification)).outcome).toEqual({ valid: true, rows: 5, unkeyedRows: 0, head: 5 });
    expect(await verify()).toMatchObject({ valid: true, rows: 6 });
  });

  test('of nothing is not valid: that its key was made is the first row of every audit', async () => {
    const empty = await createStoreFixture();
    expect((await walk(new AuditService(empty.dataSource, empty.auditKeys).verify())).outcome).toMatchObject({
      valid: false,
      reason: expect.stringContaining('no row is keyed'),
    });
    await empty.close();
  });

  /** One change for every column of the row: a column without one fails the test. */
  const alterations: Readonly<Record<string, string>> = {
    id: '100',
    at: `at + interval '1 ms'`,
    actor: `'alice'`,
    actor_groups: `'["signalbox:admins"]'`,
    verb: `'create'`,
    api_group: `''`,
    kind: `'Gadget'`,
    namespace: `'other'`,
    name: `'b'`,
    subresource: `'status'`,
    uid: 'gen_random_uuid()',
    generation: 'generation + 1',
    revision: 'revision + 1',
    changes: `'[]'`,
    source_address: `'10.0.0.1'`,
    user_agent: `'another'`,
    trace_id: `''`,
    previous_hash: 'sha256(hash)',
    hash: 'sha256(hash)',
  };

  test('names the row in which any one column was altered', async () => {
    const columns = fixture.dataSource.getMetadata(AuditRow).columns.map(({ databaseName }) => databaseName);
    expect(Object.keys(alterations).sort()).toEqual([...columns].sort());
    for (const [column, value] of Object.entries(alterations)) {
      await fixture.dataSource.query('CREATE TABLE kept AS SELECT * FROM audit');
      await tamper(`UPDATE audit SET ${column} = ${value} WHERE id = 3`);
      expect([column, await verify()]).toEqual([column, expect.objectContaining({ valid: false, badRow: 3 })]);
      await tamper('TRUNCATE audit', 'INSERT INTO audit SELECT * FROM kept', 'DROP TABLE kept');
      expect(await verify()).toMatchObject({ valid: true });
    }
  });

  test.each([
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
    ['the content of two rows swapped, each with its own hash', 2, [SWAPPED]],
    ['a last row put back from an older state', 5, ['UPDATE meta SET audit_hash = sha256(audit_hash)']],
    [
      'the first rows cut off, and the start moved to the last of them',
      3,
      [
        'UPDATE meta SET audit_start_id = 2, audit_start_hash = (SELECT hash FROM audit WHERE id = 2)',
        'DELETE FROM audit WHERE id <= 2',
      ],
    ],
    [
      'the same, with the other record of the start gone',
      3,
      [
        'UPDATE meta SET audit_start_id = 2, audit_start_hash = (SELECT hash FROM audit WHERE id = 2), audit_start_mac = NULL',
        'DELETE FROM audit WHERE id <= 2',
      ],
    ],
  ])('names %s', async (_case, badRow, statements) => {
    await tamper(...statements);
    expect(await verify()).toMatchObject({ valid: false, badRow, reason: expect.any(String) });
  });

  /** A copy of the last row. */
  const insert = (id: number) =>
    fixture.dataSource.query(
      `INSERT INTO audit SELECT $1, at, actor, actor_groups, verb, api_group, kind, namespace, name, subresource, uid,
         generation, revision, changes, source_address, user_agent, trace_id, hash, hash FROM audit ORDER BY id DESC LIMIT 1`,
      [id],
    );

  test.each([6, 0, -7])('names row %d, which was added outside of a commit, hash and all', async (id) => {
    await insert(id);
    expect((await audit.list({})).map((row) => row.id)).toContain(id);
    expect(await verify()).toMatchObject({ valid: false, badRow: id, reason: 'it was added outside of a commit' });
  });

  test.each([
    ['as it was', ''],
    ['moved behind the end', 'UPDATE meta SET audit_keyed_from = 6'],
    ['taken out', 'UPDATE meta SET audit_keyed_from = NULL'],
  ])(
    'a chain computed anew without the key does not pass, with the record of the first keyed row %s',
    async (_case, record) => {
      const rows = (await rowsInOrder()).map((row) => (row.id === 3 ? Object.assign(row, { actor: 'mallory' }) : row));
      const forged = rehashed(rows, NOTHING, unkeyedAuditHash);
      await tamper(...forged.statements, setHead(forged.head), ...(record === '' ? [] : [record]));
      expect(await verify()).toMatchObject({ valid: false });
    },
  );

  test('nor does one computed with another key', async () => {
    const forged = rehashed(await rowsInOrder(), NOTHING, (row) => auditHash(row, new AuditKeys(Buffer.alloc(32, 1))));
    await tamper(...forged.statements, setHead(forged.head));
    expect(await verify()).toMatchObject({ valid: false, badRow: 1 });
  });
});

describe('a head that was exported', () => {
  const exported = async (): Promise<ChainLink> => audit.linkOf(await audit.head())!;

  test('shows a cut tail whose record was reset, which nothing else can', async () => {
    const head = await exported();
    const [, , third] = await rowsInOrder();
    await tamper('DELETE FROM audit WHERE id > 3', setHead(third!));
    expect(await verify()).toMatchObject({ valid: true, rows: 3 });
    expect(await verify(head)).toMatchObject({ valid: false, badRow: 4, reason: expect.stringContaining('row 5') });
  });

  test('shows a tail that was cut and grew again', async () => {
    const head = await exported();
    const [, , , fourth] = await rowsInOrder();
    await tamper('DELETE FROM audit WHERE id > 4', setHead(fourth!));
    for (const name of ['x', 'y']) await fixture.store.commit([create(keyOf(widgets, name))], alice);
    expect(await verify()).toMatchObject({ valid: true, rows: 6 });
    expect(await verify(head)).toMatchObject({ valid: false, badRow: 6 });
  });

  test('is where to go on from', async () => {
    const head = await exported();
    expect(await verify(head)).toEqual({ valid: true, rows: 0, unkeyedRows: 0, head: 5 });
    await fixture.store.commit([create(keyOf(widgets, 'later'))], alice);
    expect(await verify(head)).toEqual({ valid: true, rows: 1, unkeyedRows: 0, head: 6 });
  });

  test('is known for the one of this installation, unchanged', async () => {
    const head = await audit.head();
    expect(head).toMatchObject({ id: 5, key: fixture.auditKeys.id });
    const foreign = new AuditService(fixture.dataSource, new AuditKeys(Buffer.alloc(32, 1)));
    for (const changed of [
      { ...head, id: 4 },
      { ...head, hash: head.hash.replace(/^../, 'zz') },
      { ...head, mac: '' },
    ]) {
      expect(audit.linkOf(changed)).toBeUndefined();
    }
    expect(foreign.linkOf(head)).toBeUndefined();
    expect(audit.linkOf(head)).toBeDefined();
  });
});

describe('rows from before the audit had a key', () => {
  beforeEach(async () => {
    const old = rehashed(await rowsInOrder(), NOTHING, unkeyedAuditHash);
    await tamper(
      ...old.statements,
      setHead(old.head),
      'UPDATE meta SET audit_keyed_from = NULL, audit_start_mac = NULL',
    );
    await beginKeyedChain(fixture.dataSource, fixture.auditKeys);
    await fixture.store.commit([create(keyOf(widgets, 'keyed'))], alice);
  });

  test('are counted apart', async () => {
    expect(await verify()).toEqual({ valid: true, rows: 6, unkeyedRows: 5, head: 6 });
  });

  test('are sealed by the first keyed row, and what was taken for it cannot move', async () => {
    const rows = (await rowsInOrder()).map((row) => (row.id === 3 ? Object.assign(row, { actor: 'mallory' }) : row));
    const forged = rehashed(rows.slice(0, 5), NOTHING, unkeyedAuditHash);
    await tamper(...forged.statements);
    expect(await verify()).toMatchObject({ valid: false, badRow: 6 });
    const whole = rehashed(rows, NOTHING, unkeyedAuditHash);
    await tamper(...whole.statements, setHead(whole.head), 'UPDATE meta SET audit_keyed_from = 7');
    expect(await verify()).toMatchObject({ valid: false, reason: expect.stringContaining('no row is keyed') });
  });

  test('rows that are written anew without the key stay bad when a commit has followed them', async () => {
    const rows = (await rowsInOrder()).map((row) => (row.id === 3 ? Object.assign(row, { actor: 'mallory' }) : row));
    const whole = rehashed(rows, NOTHING, unkeyedAuditHash);
    await tamper(...whole.statements, setHead(whole.head), 'UPDATE meta SET audit_keyed_from = 7');
    await fixture.store.commit([create(keyOf(widgets, 'sealing'))], alice);
    expect(await verify()).toMatchObject({ valid: false, reason: expect.stringContaining('written anew') });
    await expect(new AuditRetention(fixture.dataSource, fixture.auditKeys).expire()).resolves.toBe(0);
  });

  test('another key is refused once a row is keyed', async () => {
    await expect(beginKeyedChain(fixture.dataSource, fixture.auditKeys)).rejects.toThrow('audit-key is gone');
  });
});

describe('retention', () => {
  /** Makes the first rows as old as if they had been written then, their hashes included. */
  async function age(upTo: number, days: number): Promise<void> {
    const rows = await rowsInOrder();
    const aged = rows.map((row) =>
      row.id > upTo ? row : Object.assign(row, { at: new Date(row.at.getTime() - days * 86_400_000) }),
    );
    const { statements, head } = rehashed(aged, NOTHING, (row) => auditHash(row, fixture.auditKeys));
    await tamper(...statements, setHead(head));
  }
  const retention = () => new AuditRetention(fixture.dataSource, fixture.auditKeys);

  test('keeps what is younger than 90 days', async () => {
    await age(5, 89);
    expect(await retention().expire()).toBe(0);
    expect(await verify()).toMatchObject({ valid: true, rows: 5 });
  });

  test('lets older rows go, and the chain still verifies and grows', async () => {
    await age(2, 91);
    expect(await retention().expire()).toBe(2);
    await fixture.store.commit([create(keyOf(widgets, 'later'))], alice);
    expect(await verify()).toMatchObject({ valid: true, rows: 4 });
    expect((await audit.list({})).map(({ id }) => id)).toEqual([6, 5, 4, 3]);
    await tamper('DELETE FROM audit WHERE id = 3');
    expect(await verify()).toMatchObject({ valid: false, badRow: 3 });
  });

  test.each([
    [
      'a row whose date was altered',
      `UPDATE audit SET at = at - interval '91 days' WHERE id <= 2`,
      /row 1: its content/,
    ],
    [
      'rows behind a start that was moved',
      `UPDATE meta SET audit_start_id = 1, audit_start_hash = (SELECT hash FROM audit WHERE id = 1)`,
      /where the audit starts/,
    ],
    ['rows behind a first keyed row that was moved', 'UPDATE meta SET audit_keyed_from = 3', /where the audit starts/],
  ])('takes nothing away of %s', async (_case, statement, refused) => {
    if (!statement.startsWith('UPDATE audit')) await age(2, 91);
    await tamper(statement);
    await expect(retention().expire()).rejects.toThrow(refused);
    expect(await fixture.dataSource.query('SELECT id FROM audit')).toHaveLength(5);
    expect(await verify()).toMatchObject({ valid: false });
  });

  test('may run while the chain is verified', async () => {
    await age(4, 91);
    const verification = new AuditService(fixture.dataSource, fixture.auditKeys, 1).verify();
    expect((await verification.next()).value).toMatchObject({ row: 1 });
    await retention().expire();
    expect((await walk(verification)).outcome).toEqual({ valid: true, rows: 2, unkeyedRows: 0, head: 5 });
  });

  test('leaves an exported head that has expired behind, and says so', async () => {
    await age(3, 91);
    const [first] = await rowsInOrder();
    await retention().expire();
    expect(await verify(first)).toMatchObject({ valid: false, reason: expect.stringContaining('has expired') });
  });

  test('is the only way: an old row cannot be deleted by hand, a young one not even with the start moved', async () => {
    await age(2, 91);
    const refused = /audit is append-only: DELETE refused/;
    await expect(fixture.dataSource.query('DELETE FROM audit WHERE id = 1')).rejects.toThrow(refused);
    await fixture.dataSource.query('UPDATE meta SET audit_start_id = 5');
    await expect(fixture.dataSource.query('DELETE FROM audit WHERE id = 4')).rejects.toThrow(refused);
  });
});
