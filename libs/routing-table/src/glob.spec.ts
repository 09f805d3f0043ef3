import fc from 'fast-check';
import { GlobIndex } from './glob-index.js';
import { compareGlobs, Glob } from './glob.js';

const pattern = fc.array(fc.constantFrom('a', 'b', 'ab', '*'), { maxLength: 6 }).map((parts) => parts.join(''));
const name = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((parts) => parts.join(''));

describe('Glob', () => {
  it.each([
    ['gpt-*', 'gpt-4o', true],
    ['gpt-*', 'gpt-', true],
    ['gpt-*', 'gpt', false],
    ['*-mini', 'o4-mini', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['*', '', true],
    ['a.c', 'abc', false],
  ])('%s against %s: %s', (glob, text, expected) => {
    expect(new Glob(glob).matches(text)).toBe(expected);
  });

  it('agrees with the regular expression of the same meaning', () => {
    fc.assert(
      fc.property(pattern, name, (glob, text) => {
        expect(new Glob(glob).matches(text)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(text));
      }),
    );
  });
});

describe('GlobIndex', () => {
  it('visits what a sorted scan would, in its order', () => {
    fc.assert(
      fc.property(fc.array(pattern), name, (patterns, text) => {
        const visited: string[] = [];
        new GlobIndex(patterns).first(text, (found) => void visited.push(found));
        const scan = [...new Set(patterns)].map((each) => new Glob(each)).sort(compareGlobs);
        expect(visited).toEqual(scan.filter((glob) => glob.matches(text)).map((glob) => glob.pattern));
      }),
    );
  });

  it('stops at the first that the visitor takes', () => {
    const index = new GlobIndex(['*', 'gpt-*', 'gpt-4*', '*o']);
    expect(index.first('gpt-4o', (found) => (found === 'gpt-4*' ? undefined : found))).toBe('gpt-*');
  });
});
