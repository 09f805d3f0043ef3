import fc from 'fast-check';
import { canonicalJson, diffEntries, entryId, TableDigest, type Entry } from '#libs/routing-table';
import type { SecretValue } from '../cache/secret-values.js';
import { PublishedTables } from './published-tables.js';

const entry = (key: string, value: unknown): Entry => ({ kind: 'Route', key, bytes: canonicalJson(value) });
const credential = (id: string, version?: string): Entry => ({
  kind: 'Credential',
  key: id,
  bytes: canonicalJson({ id, source: version ? { type: 'Secret', version } : { type: 'Env', name: id } }),
});
const anyTable = fc
  .uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat({ max: 2 }) }), {
    selector: ({ key }) => key,
  })
  .map((all) => all.map(({ key, value }) => entry(key, value)));
const byId = (entries: Iterable<Entry>) =>
  new Map([...entries].map(({ kind, key, bytes }) => [entryId(kind, key), Buffer.from(bytes).toString()]));

/** A compile after another. */
class Compiles {
  readonly secrets = new Map<string, SecretValue>();
  readonly tables = new PublishedTables((id) => this.secrets.get(id));
  private entries: readonly Entry[] = [];
  private revision = 0;

  compile(entries: readonly Entry[], reset = false): string {
    const { version, bucketDigests } = TableDigest.of(entries);
    const change = reset ? { upserts: entries, removals: [] } : diffEntries(this.entries, entries);
    this.entries = entries;
    this.tables.advance(++this.revision, { version, bucketDigests, reset, ...change, conditions: new Map() });
    return version;
  }

  values(): Record<string, string> {
    return Object.fromEntries([...this.tables.assigned()!.secrets.entries()].map(([id, { value }]) => [id, value]));
  }
}

describe('PublishedTables', () => {
  it('leads from any earlier version to the assigned one, also across resets', () => {
    const compile = fc.record({ table: anyTable, reset: fc.boolean() });
    fc.assert(
      fc.property(fc.array(compile, { minLength: 1, maxLength: 12 }), (all) => {
        const compiles = new Compiles();
        const earlier = new Map<string, readonly Entry[]>();
        all.forEach(({ table, reset }, index) => {
          const version = compiles.compile(table, reset);
          earlier.set(version, table);
          const assigned = compiles.tables.assigned()!.table;
          expect([assigned.version, assigned.revision]).toEqual([version, index + 1]);
          expect(byId(assigned.entries())).toEqual(byId(table));
          for (const [from, entries] of earlier) {
            const { upserts, removals } = compiles.tables.delta(from)!;
            const result = byId(entries);
            for (const { kind, key } of removals) result.delete(entryId(kind, key));
            for (const [id, bytes] of byId(upserts)) result.set(id, bytes);
            expect(result).toEqual(byId(table));
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  it('keeps a version that is held for as long as it is, and one of long ago not', () => {
    const compiles = new Compiles();
    const { tables } = compiles;
    const versions = [compiles.compile([entry('a', 0)]), compiles.compile([entry('a', 1)])];
    expect([tables.hold(versions[0]!), tables.hold(versions[0]!)].every(Boolean)).toBe(true);
    for (let value = 2; value < 100; value++) versions.push(compiles.compile([entry('a', value)]));
    expect(tables.delta('never')).toBeUndefined();
    expect(tables.hold('never')).toBeUndefined();
    expect(tables.delta(versions[1]!)).toBeUndefined();
    expect(tables.delta(versions.at(-2)!)?.upserts).toHaveLength(1);
    expect(tables.delta(versions[0]!)?.upserts).toHaveLength(1);
    tables.release(versions[0]!);
    expect(tables.delta(versions[0]!)).toBeDefined();
    tables.release(versions[0]!);
    expect(tables.delta(versions[0]!)).toBeUndefined();
  });

  it('of big changes it keeps few, by bytes', () => {
    const compiles = new Compiles();
    const versions = Array.from({ length: 12 }, (_, index) =>
      compiles.compile([entry('big', `${index}`.padEnd(4 * 1024 * 1024))]),
    );
    expect(versions.map((version) => compiles.tables.delta(version) !== undefined)).toEqual(
      versions.map((_, index) => index >= 5),
    );
  });

  it('names the values of the credentials, each at the version that its table names', () => {
    const compiles = new Compiles();
    compiles.secrets.set('ns/s/k', { version: '1', value: 'one' });
    compiles.compile([credential('ns/s/k', '1'), credential('env:A'), credential('ns/s/missing', '1')]);
    expect(compiles.values()).toEqual({ 'ns/s/k': 'one' });
    const first = compiles.tables.assigned()!;

    // Rotated while the compile ran: no table names it yet, and the one that is served keeps its value.
    compiles.secrets.set('ns/s/k', { version: '2', value: 'two' });
    compiles.compile([credential('ns/s/k', '1'), entry('a', 1)]);
    expect(compiles.values()).toEqual({ 'ns/s/k': 'one' });
    compiles.compile([credential('ns/s/k', '1'), entry('a', 2)], true);
    expect(compiles.values()).toEqual({ 'ns/s/k': 'one' });

    compiles.compile([credential('ns/s/k', '2')]);
    expect(compiles.values()).toEqual({ 'ns/s/k': 'two' });
    expect(first.secrets.get('ns/s/k')?.value).toBe('one');
    compiles.compile([]);
    expect(compiles.values()).toEqual({});
    compiles.compile([credential('ns/s/k', '2')]);
    compiles.compile([entry('a', 1)], true);
    expect(compiles.values()).toEqual({});
  });
});
