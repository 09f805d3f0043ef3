import fc from 'fast-check';
import { LayeredGroups } from './layered-groups.js';
import { LayeredMap } from './layered-map.js';

const key = fc.constantFrom('a', 'b', 'c');
const write = fc.record({ group: key, member: key, value: fc.option(fc.nat(9), { nil: undefined }) });
/** Edits that are kept, and some that are thrown away. */
const edits = fc.array(fc.record({ writes: fc.array(write, { maxLength: 8 }), isKept: fc.boolean() }));

describe('layers', () => {
  it('a map on a map behaves like a copy that is kept or thrown away', () => {
    fc.assert(
      fc.property(edits, (all) => {
        const base = new LayeredMap<number>();
        let model = new Map<string, number>();
        for (const { writes, isKept } of all) {
          const layer = new LayeredMap(base);
          const copy = new Map(model);
          for (const { member, value } of writes) {
            if (value === undefined) {
              layer.delete(member);
              copy.delete(member);
            } else {
              layer.set(member, value);
              copy.set(member, value);
            }
            expect(new Map(layer.entries())).toEqual(copy);
            expect(layer.get(member)).toBe(copy.get(member));
            expect(layer.isEmpty).toBe(copy.size === 0);
          }
          expect(new Set(layer.written())).toEqual(new Set(writes.map(({ member }) => member)));
          expect(new Map(base.entries())).toEqual(model);
          if (!isKept) continue;
          layer.merge();
          model = copy;
          expect(new Map(base.entries())).toEqual(model);
          expect(new Map(layer.entries())).toEqual(model);
        }
      }),
    );
  });

  it('groups on groups do so, too', () => {
    const groups = ['a', 'b', 'c'];
    const content = (of: LayeredGroups<number>) =>
      groups.map((group) => [of.isEmpty(group), Object.fromEntries(of.members(group))]);
    fc.assert(
      fc.property(edits, (all) => {
        const base = new LayeredGroups<number>();
        let model = new Map<string, Map<string, number>>(groups.map((group) => [group, new Map()]));
        const expected = (of: typeof model) =>
          groups.map((group) => [of.get(group)!.size === 0, Object.fromEntries(of.get(group)!)]);
        for (const { writes, isKept } of all) {
          const layer = new LayeredGroups(base);
          const copy = new Map([...model].map(([group, members]) => [group, new Map(members)]));
          for (const { group, member, value } of writes) {
            if (value === undefined) {
              layer.delete(group, member);
              copy.get(group)!.delete(member);
            } else {
              layer.set(group, member, value);
              copy.get(group)!.set(member, value);
            }
            expect(layer.get(group, member)).toBe(copy.get(group)!.get(member));
            expect(content(layer)).toEqual(expected(copy));
          }
          expect(content(base)).toEqual(expected(model));
          if (!isKept) continue;
          layer.merge();
          model = copy;
          expect(content(base)).toEqual(expected(model));
        }
      }),
    );
  });
});
