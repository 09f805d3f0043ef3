import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';
import { diffEntries } from './diff.js';
import { entryDigest, TableDigest } from './digest.js';
import { entryKinds, type Entry, type EntryKind } from './entries.js';
import { entryId } from './names.js';

const entry = (kind: EntryKind, key: string, value: unknown): Entry => ({ kind, key, bytes: canonicalJson(value) });

const anyEntry = fc
  .record({ kind: fc.constantFrom(...entryKinds), key: fc.string({ maxLength: 6 }), value: fc.jsonValue() })
  .map(({ kind, key, value }) => entry(kind, key, value));
const anyTable = fc.uniqueArray(anyEntry, { selector: ({ kind, key }) => entryId(kind, key), maxLength: 30 });

describe('entryDigest', () => {
  it('frames kind and key, so that moving a character between them shows', () => {
    const bytes = canonicalJson({});
    const digests = [
      entryDigest({ kind: 'Route', key: 'ab', bytes }),
      entryDigest({ kind: 'Route', key: 'a', bytes: Buffer.concat([Buffer.from('b'), bytes]) }),
      entryDigest({ kind: 'Match', key: 'ab', bytes }),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('TableDigest', () => {
  it('is pinned: both planes and all versions of the software must compute this', () => {
    const table = TableDigest.of([
      entry('Route', 'default/chat', { name: 'chat' }),
      entry('Consumer', 'default/demo', { name: 'demo' }),
    ]);
    expect({ empty: TableDigest.empty().version, table: table.version }).toEqual({
      empty: '804b630621eeb2460bc479468b163ede061314e3fce232a73471e2b75bf407b7',
      table: '69159487622ca74c9f0aa5c73bf5cc90f076f4c7fffc80f3d2920a69de548db3',
    });
  });

  it('differs by schema version alone', () => {
    expect(TableDigest.empty(1).version).not.toBe(TableDigest.empty(2).version);
  });

  it('does not depend on the order of entries', () => {
    fc.assert(
      fc.property(
        anyTable.chain((table) =>
          fc.tuple(fc.constant(table), fc.shuffledSubarray(table, { minLength: table.length })),
        ),
        ([table, shuffled]) => TableDigest.of(table).version === TableDigest.of(shuffled).version,
      ),
    );
  });

  it('has equal versions for equal entries and for those alone', () => {
    fc.assert(
      fc.property(anyTable, anyTable, (left, right) => {
        const { upserts, removals } = diffEntries(left, right);
        const equal = upserts.length === 0 && removals.length === 0;
        expect(TableDigest.of(left).version === TableDigest.of(right).version).toBe(equal);
      }),
    );
  });

  it('reaches by any delta the version that a full computation gives, and leaves the old one whole', () => {
    fc.assert(
      fc.property(anyTable, anyTable, (before, after) => {
        const start = TableDigest.of(before);
        const version = start.version;
        const editor = start.edit();
        const { upserts, removals } = diffEntries(before, after);
        for (const name of removals) expect(editor.remove(name)).toBe(true);
        for (const upsert of upserts) expect(editor.put(upsert)).toBe(true);
        const end = editor.commit();
        expect(end.version).toBe(TableDigest.of(after).version);
        expect(end.size).toBe(after.length);
        expect(start.version).toBe(version);
        expect([...start.ids()].sort()).toEqual(before.map(({ kind, key }) => entryId(kind, key)).sort());
      }),
    );
  });

  it('says of a put whether it changed anything', () => {
    const editor = TableDigest.of([entry('Route', 'a', 1)]).edit();
    expect([editor.put(entry('Route', 'a', 1)), editor.put(entry('Route', 'a', 2))]).toEqual([false, true]);
    expect(editor.remove({ kind: 'Route', key: 'absent' })).toBe(false);
  });
});
