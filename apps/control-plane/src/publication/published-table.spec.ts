import fc from 'fast-check';
import { canonicalJson, diffEntries, entryId, TableDigest, type Entry } from '#libs/routing-table';
import { PublishedTable } from './published-table.js';

const entry = (key: string, value: unknown): Entry => ({ kind: 'Route', key, bytes: canonicalJson(value) });
const anyTable = fc
  .uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat({ max: 2 }) }), {
    selector: ({ key }) => key,
  })
  .map((all) => all.map(({ key, value }) => entry(key, value)));
const byId = (entries: readonly Entry[]) =>
  new Map(entries.map(({ kind, key, bytes }) => [entryId(kind, key), Buffer.from(bytes).toString()]));

describe('PublishedTable', () => {
  it('leads from any earlier version to the current one, also across resets', () => {
    const compile = fc.record({ table: anyTable, reset: fc.boolean() });
    fc.assert(
      fc.property(fc.array(compile, { minLength: 1, maxLength: 12 }), (compiles) => {
        const published = new PublishedTable();
        const earlier = new Map<string, readonly Entry[]>();
        let current: readonly Entry[] = [];
        compiles.forEach(({ table, reset }, index) => {
          const { version } = TableDigest.of(table);
          const change = reset ? { upserts: table, removals: [] } : diffEntries(current, table);
          published.advance(index + 1, { version, reset, ...change, conditions: new Map() });
          current = table;
          earlier.set(version, table);

          expect(published).toMatchObject({ version, revision: index + 1 });
          expect(byId(published.full())).toEqual(byId(table));
          for (const [from, entries] of earlier) {
            if (from === version) continue;
            const delta = published.delta(from)!;
            const result = byId(entries);
            for (const { kind, key } of delta.removals) result.delete(entryId(kind, key));
            for (const [id, bytes] of byId(delta.upserts)) result.set(id, bytes);
            expect(result).toEqual(byId(table));
          }
        });
      }),
    );
  });

  it('knows no way from a version that it never had, nor from one of long ago', () => {
    const published = new PublishedTable();
    for (let revision = 1; revision <= 100; revision++) {
      const result = { reset: false, upserts: [entry('a', revision)], removals: [], conditions: new Map() };
      published.advance(revision, { version: `v${revision}`, ...result });
    }
    expect(published.delta('never')).toBeUndefined();
    expect(published.delta('v1')).toBeUndefined();
    expect(published.delta('v99')).toBeDefined();
  });

  it('names the credentials whose values come from Secrets', () => {
    const credential = (id: string, source: object): Entry => ({
      kind: 'Credential',
      key: id,
      bytes: canonicalJson({ id, source }),
    });
    const published = new PublishedTable();
    const result = { version: 'v', reset: false, removals: [], conditions: new Map() };
    const fromSecret = credential('ns/s/k', { type: 'Secret', version: '1' });
    const fromEnvironment = credential('env:A', { type: 'Env', name: 'A' });
    published.advance(1, { ...result, upserts: [fromSecret, fromEnvironment] });
    expect([...published.secretCredentials()]).toEqual(['ns/s/k']);
    published.advance(2, { ...result, upserts: [], removals: [{ kind: 'Credential', key: 'ns/s/k' }] });
    expect([...published.secretCredentials()]).toEqual([]);
  });
});
