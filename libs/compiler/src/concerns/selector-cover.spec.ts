import fc from 'fast-check';
import { SelectorCover } from './selector-cover.js';

const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')).map((map) => ({ ...map }));

describe('SelectorCover', () => {
  it('finds a cover exactly where a scan of all would', () => {
    fc.assert(
      fc.property(fc.array(labels), labels, (added, asked) => {
        const cover = new SelectorCover<Record<string, string>>([...added, asked]);
        for (const each of added) cover.add(each, each);
        const covers = (inner: Record<string, string>): boolean =>
          Object.entries(inner).every(([name, value]) => asked[name] === value);
        const found = cover.find(asked);
        expect(found !== undefined).toBe(added.some(covers));
        if (found !== undefined) expect(covers(found)).toBe(true);
      }),
    );
  });
});
