import fc from 'fast-check';
import { BUCKET_COUNT, bucketOf, BucketedMap } from './bucketed-map.js';

describe('BucketedMap', () => {
  it('behaves like a Map, and an edit never shows in the map it came from', () => {
    const change = fc.record({ key: fc.string({ maxLength: 2 }), value: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(fc.array(change)), (edits) => {
        const model = new Map<string, number>();
        let map = BucketedMap.empty<number>();
        for (const changes of edits) {
          const before = new Map(model);
          const editor = map.edit();
          for (const { key, value } of changes) {
            if (value === null) expect(editor.delete(key)).toBe(model.delete(key));
            else {
              editor.set(key, value);
              model.set(key, value);
            }
            expect(editor.get(key)).toBe(model.get(key));
          }
          expect(new Map(map.entries())).toEqual(before);
          map = editor.freeze();
          expect(new Map(map.entries())).toEqual(model);
          expect(map.size).toBe(model.size);
        }
      }),
    );
  });

  it('knows what was changed or taken out since an earlier map, whichever edits lie between', () => {
    const entries = fc.dictionary(fc.string({ maxLength: 3 }), fc.nat(3), { noNullPrototype: true, maxKeys: 40 });
    const apply = (map: BucketedMap<number>, values: Record<string, number>, gone: readonly string[]) => {
      const editor = map.edit();
      for (const [key, value] of Object.entries(values)) editor.set(key, value);
      for (const key of gone) editor.delete(key);
      return editor.freeze();
    };
    fc.assert(
      fc.property(entries, entries, fc.array(fc.string({ maxLength: 3 })), (first, second, gone) => {
        const earlier = apply(BucketedMap.empty<number>(), first, []);
        const later = apply(earlier, second, [...gone, ...Object.keys(first).slice(0, 3)]);
        const changed = [...earlier.entries()].filter(([key, value]) => later.get(key) !== value).map(([key]) => key);
        expect([...later.changedSince(earlier)].sort()).toEqual(changed.sort());
        expect([...later.changedSince(later)]).toEqual([]);
      }),
    );
  });

  it('spreads keys of one prefix over most buckets', () => {
    const used = new Set(Array.from({ length: 10_000 }, (_, index) => bucketOf(`Route/default/policy-${index}`)));
    expect(used.size).toBeGreaterThan(BUCKET_COUNT * 0.95);
    for (const bucket of used) expect(bucket).toBeLessThan(BUCKET_COUNT);
  });
});
