import fc from 'fast-check';
import {
  canonicalJson,
  diffEntries,
  SCHEMA_VERSION,
  TableDigest,
  type Entry,
  type EntryKind,
} from '#libs/routing-table';
import { prepareTable, TableRejectedError } from './prepare-table.js';
import type { Table } from './table.js';
import { TimeSlices } from './time-slices.js';
import { consumer, entry, full, match, route, serving, smallTable } from './testing/entries.js';

function delta(base: Table, after: readonly Entry[], version = TableDigest.of(after).version): Promise<Table> {
  return prepareTable({ base, revision: base.revision + 1, version, ...diffEntries(base.entries(), after) });
}

const raw = (key: string, text: string): Entry => ({ kind: 'Consumer', key, bytes: Buffer.from(text) });

/** With some fields of one entry replaced. */
const changed =
  (kind: EntryKind, fields: object) =>
  (table: readonly Entry[]): readonly Entry[] =>
    table.map((each) => {
      if (each.kind !== kind) return each;
      const value = JSON.parse(Buffer.from(each.bytes).toString()) as object;
      return { ...each, bytes: canonicalJson({ ...value, ...fields }) };
    });

describe('prepareTable', () => {
  it.each<[string, readonly Entry[], string]>([
    ['bytes that are not JSON', [raw('default/x', '{"keys":')], 'Consumer default/x is not JSON'],
    ['a value without what its kind needs', [raw('default/x', '{}')], 'Consumer default/x lacks'],
    ['a value that is no object', [raw('default/x', 'null')], 'Consumer default/x lacks'],
    ['a match without its route', [match('chat', { route: 'default/chat' })], 'Match/default/chat refers to Route'],
    ['a route without its backend', [route('chat')], 'refers to Backend default/pool/m'],
    ['a backend without its pool', serving.slice(0, 1), 'refers to KeyPool default/pool'],
    ['a pool without its credential', serving.slice(0, 2), 'refers to Credential default/keys/k'],
  ])('refuses %s', async (_, entries, message) => {
    await expect(full(entries)).rejects.toThrow(TableRejectedError);
    await expect(full(entries)).rejects.toThrow(message);
  });

  it.each<[string, (table: readonly Entry[]) => readonly Entry[], string]>([
    [
      'a dialect',
      changed('Backend', { dialect: 'Gemini' }),
      'Backend default/pool/m asks for the dialect "Gemini" (known: OpenAI)',
    ],
    [
      'a way to authenticate',
      changed('Backend', { auth: { type: 'SigV4' } }),
      'the auth type "SigV4" (known: Bearer, Header, None)',
    ],
    ['a base URL', changed('Backend', { baseURL: 'nowhere' }), 'the base URL "nowhere"'],
    ['a selection of keys', changed('KeyPool', { selection: 'MostRemaining' }), 'the selection "MostRemaining"'],
    [
      'what follows exhaustion',
      changed('KeyPool', { onExhausted: { type: 'constructor', queue: {} } }),
      'the onExhausted type "constructor"',
    ],
    ['a source of credentials', changed('Credential', { source: { type: 'Vault' } }), 'the source "Vault"'],
    [
      'a step after a failure',
      changed('Route', { retry: { rules: [{ errors: [], maxRetries: 1, next: 'NextRegion' }] } }),
      'the next step after a failure "NextRegion"',
    ],
  ])('refuses %s that this build does not know', async (_, change, message) => {
    const entries = change(smallTable);
    const { version } = TableDigest.of(entries);
    const all = { schemaVersion: SCHEMA_VERSION, revision: 1, version, upserts: entries, removals: [] };
    const prepared = prepareTable(all, { dialects: ['OpenAI'] });
    await expect(prepared).rejects.toThrow(TableRejectedError);
    await expect(prepared).rejects.toThrow(message);
  });

  it('refuses a version that the entries do not come to, and a schema that it does not know', async () => {
    const change = { revision: 1, version: 'f00', upserts: smallTable, removals: [] };
    await expect(prepareTable({ ...change, schemaVersion: SCHEMA_VERSION })).rejects.toThrow('version mismatch');
    await expect(prepareTable({ ...change, schemaVersion: 99 })).rejects.toThrow('schema version 99 is unknown');
  });

  it('refuses a delta that removes what is still referred to, and the old table serves on', async () => {
    const table = await full(smallTable);
    const without = smallTable.filter(({ kind }) => kind !== 'Backend');
    await expect(delta(table, without)).rejects.toThrow('Backend default/pool/m, which is not in the table');
    expect(table.route('default', 'chat', {})?.name).toBe('chat');
    expect(table.backend('default/pool/m')?.provider).toBe('alpha');
  });

  it('shares what a delta leaves alone, parsed values included', async () => {
    const table = await full(smallTable);
    const backend = table.backend('default/pool/m');
    const next = await delta(table, [...smallTable, route('second')]);
    expect(next.backend('default/pool/m')).toBe(backend);
  });

  it('lets an API key move from one consumer to another in one delta', async () => {
    const key = 'ab'.repeat(32);
    const table = await full([...serving, consumer('zoe', key), consumer('abe')]);
    const next = await delta(table, [...serving, consumer('zoe'), consumer('abe', key)]);
    expect(next.ownerOf(key)?.consumer.name).toBe('abe');
    expect(table.ownerOf(key)?.consumer.name).toBe('zoe');
  });

  it('keeps credentials of its own environment apart', async () => {
    const local = entry('Credential', 'default/env', { id: 'default/env', source: { type: 'Env', name: 'A_KEY' } });
    const table = await full([...smallTable, local]);
    expect([...table.localCredentials.keys()]).toEqual(['default/env']);
    const next = await delta(table, smallTable);
    expect(next.localCredentials.size).toBe(0);
  });

  it('yields whenever its slice of time is over', async () => {
    let nowMs = 0;
    const slices = new TimeSlices(3, () => (nowMs += 1));
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const many = Array.from({ length: 100 }, (_, index) => consumer(`c${index}`));
    const { version } = TableDigest.of(many);
    await prepareTable(
      { schemaVersion: SCHEMA_VERSION, revision: 1, version, upserts: many, removals: [] },
      { slices },
    );
    done = true;
    expect(turns).toBeGreaterThan(50);
  });

  it('answers alike by a full table and by any chain of deltas', async () => {
    const names = ['a', 'b', 'c*', '*d', '*'];
    const state = fc.record({
      models: fc.subarray(names),
      consumers: fc.array(fc.record({ name: fc.constantFrom('x', 'y'), key: fc.constantFrom('k1', 'k2', 'k3') })),
    });
    const entriesOf = ({ models, consumers }: { models: string[]; consumers: { name: string; key: string }[] }) => {
      const owners = new Map(consumers.map(({ name, key }) => [key, name]));
      const keysOf = (name: string) => [...owners].filter(([, owner]) => owner === name).map(([key]) => key);
      return [
        ...serving,
        route('chat'),
        ...models.map((model) => match(model, { route: 'default/chat' })),
        consumer('x', ...keysOf('x')),
        consumer('y', ...keysOf('y')),
      ];
    };
    const observe = (table: Table) => ({
      version: table.version,
      models: table.models('default', {}),
      routes: ['a', 'cc', 'dd', 'z'].map((model) => table.route('default', model, {})?.name),
      owners: ['k1', 'k2', 'k3'].map((key) => table.ownerOf(key)?.consumer.name),
      referrers: new Map(table.content.referrers.entries()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 2, maxLength: 5 }), async (states) => {
        let table = await full(entriesOf(states[0]!));
        for (const next of states.slice(1)) {
          table = await delta(table, entriesOf(next));
          expect(observe(table)).toEqual(observe(await full(entriesOf(next))));
        }
      }),
      { numRuns: 40 },
    );
  });
});
