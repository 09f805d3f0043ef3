import { jest } from '@jest/globals';
import fc from 'fast-check';
import { BUCKET_COUNT, bucketOf } from './bucketed-map.js';
import { canonicalJson } from './canonical-json.js';
import { diffEntries, type TableDelta } from './diff.js';
import { TableDigest } from './digest.js';
import { entryKinds, type Entry } from './entries.js';
import { entryId } from './names.js';
import { RoutingTable, tableDelta } from './routing-table.js';

const entry = (key: string, value: unknown): Entry => ({ kind: 'Route', key, bytes: canonicalJson(value) });

const anyEntry = fc
  .record({ kind: fc.constantFrom(...entryKinds), key: fc.string({ maxLength: 3 }), value: fc.nat({ max: 3 }) })
  .map(({ kind, key, value }): Entry => ({ kind, key, bytes: canonicalJson(value) }));
const anyEntries = fc.uniqueArray(anyEntry, { selector: ({ kind, key }) => entryId(kind, key), maxLength: 40 });

/** As the compile thread says it: digests of the result beside what changed. */
function step(entries: readonly Entry[], revision: number, change: TableDelta & { reset?: boolean }) {
  const { version, bucketDigests } = TableDigest.of(entries);
  return { revision, version, bucketDigests, ...change };
}
const tableOf = (entries: readonly Entry[], revision = 1): RoutingTable =>
  RoutingTable.empty().next(step(entries, revision, { reset: true, upserts: entries, removals: [] }));
const contents = (table: RoutingTable): Map<string, string> =>
  new Map([...table.entries()].map(({ kind, key, bytes }) => [entryId(kind, key), Buffer.from(bytes).toString()]));

describe('RoutingTable', () => {
  it('by the delta between any two, one becomes the other, and neither of them changes', () => {
    fc.assert(
      fc.property(anyEntries, anyEntries, (before, after) => {
        const from = tableOf(before);
        const to = tableOf(after, 2);
        const was = contents(from);
        const delta = tableDelta(from, to);
        expect(delta).toEqual(diffEntries(before, after));
        const reached = from.next(step(after, 2, delta));
        expect(contents(reached)).toEqual(contents(to));
        expect([reached.version, reached.revision, reached.size]).toEqual([to.version, 2, after.length]);
        expect(tableDelta(reached, to)).toEqual({ upserts: [], removals: [] });
        expect(contents(from)).toEqual(was);
      }),
    );
  });

  it('a reset leads to the same table as changes do, and shares what is equal', () => {
    fc.assert(
      fc.property(anyEntries, anyEntries, (before, after) => {
        const from = tableOf(before);
        const copies = after.map(({ kind, key, bytes }) => ({ kind, key, bytes: Uint8Array.from(bytes) }));
        const to = from.next(step(after, 2, { reset: true, upserts: copies, removals: [] }));
        expect(contents(to)).toEqual(contents(tableOf(after)));
        const changed = new Set(diffEntries(before, after).upserts.map(({ kind, key }) => entryId(kind, key)));
        for (const { kind, key } of after) {
          if (!changed.has(entryId(kind, key))) expect(to.get(kind, key)).toBe(from.get(kind, key));
        }
      }),
    );
  });

  it('looks into no bucket whose digests are equal, and shares it', () => {
    const entries = Array.from({ length: 5_000 }, (_, index) => entry(`ns/policy-${index}`, index));
    const from = tableOf(entries);
    const edited = entries.map((each, index) => (index === 7 ? entry(each.key, 'edited') : each));
    const to = from.next(step(edited, 2, { upserts: [edited[7]!], removals: [] }));
    const touched = bucketOf(entryId('Route', 'ns/policy-7'));
    const buckets = Array.from({ length: BUCKET_COUNT }, (_, index) => index);
    expect(buckets.filter((index) => from.bucket(index) !== to.bucket(index))).toEqual([touched]);

    const looks = jest.spyOn(from, 'bucket');
    expect(tableDelta(from, to)).toEqual({ upserts: [edited[7]], removals: [] });
    expect(looks.mock.calls).toEqual([[touched]]);
  });

  it('at a later position is the same table', () => {
    const table = tableOf([entry('a', 1)]);
    const later = table.at(9);
    expect([later.revision, later.version, later.size]).toEqual([9, table.version, 1]);
    expect(tableDelta(table, later)).toEqual({ upserts: [], removals: [] });
  });
});
