import fc from 'fast-check';
import { compareGlobs, Glob, isGlob, selectsLabels } from '#libs/routing-table';
import { consumer, full, match, route, serving, smallTable } from './testing/entries.js';

describe('Table', () => {
  it('finds a consumer by the digest of its key, and nobody by another', async () => {
    const table = await full([...smallTable, consumer('second', 'cd'.repeat(32), 'ef'.repeat(32))]);
    const owner = table.ownerOf('ef'.repeat(32));
    expect([owner?.consumer.name, owner?.keyName]).toEqual(['second', 'key-1']);
    expect(table.ownerOf('00'.repeat(32))).toBeUndefined();
  });

  it('parses an entry once', async () => {
    const table = await full(smallTable);
    expect(table.backend('default/pool/m')).toBe(table.backend('default/pool/m'));
    expect(table.keyPool('default/absent')).toBeUndefined();
  });

  it('keeps nothing parsed for who goes over all its identities', async () => {
    const table = await full(smallTable);
    let parsed = 0;
    for (const stored of table.entries()) {
      const { bytes } = stored;
      const get = () => {
        parsed += 1;
        return bytes;
      };
      Object.defineProperty(stored, 'bytes', { get });
    }
    expect([...table.identities()]).toContain('default/alpha/m');
    const glances = parsed;
    table.backend('default/pool/m');
    expect(parsed).toBe(glances + 1);
    Array.from(table.identities());
    expect(parsed).toBe(2 * glances);
  });

  it('knows its routes by their keys', async () => {
    const table = await full(smallTable);
    expect(['default/chat', 'default/pool', 'default/absent'].map((key) => table.hasRoute(key))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('knows its consumers by their keys', async () => {
    const table = await full(smallTable);
    expect(['default/demo', 'default/chat'].map((key) => table.hasConsumer(key))).toEqual([true, false]);
  });

  it('names models without globs, those that the labels may ask for, sorted', async () => {
    const table = await full([
      ...serving,
      route('chat'),
      match('zeta', { route: 'default/chat' }),
      match('alpha', { route: 'default/chat' }),
      match('gold', { route: 'default/chat', matchLabels: { tier: 'gold' } }),
      match('gpt-*', { route: 'default/chat' }),
    ]);
    expect(table.models('default', {})).toEqual(['alpha', 'zeta']);
    expect(table.models('default', { tier: 'gold' })).toEqual(['alpha', 'gold', 'zeta']);
    expect(table.models('other', {})).toEqual([]);
  });

  it('tells every identity that state is kept for', async () => {
    const table = await full(smallTable);
    expect([...table.identities()].sort()).toEqual([
      'default/alpha/m',
      'default/chat',
      'default/demo',
      'default/keys/k',
      'default/pool',
      'default/pool/k',
    ]);
  });

  it('a bookmark moves the revision forward and never back', async () => {
    const table = await full(smallTable, 5);
    table.advanceTo(9);
    table.advanceTo(7);
    expect(table.revision).toBe(9);
  });

  describe('route', () => {
    it.each([
      ['gpt-4o', {}, 'exact'],
      ['gpt-4o-mini', {}, 'longer'],
      ['gpt-4o-mini', { tier: 'gold' }, 'gold'],
      ['gpt-3', {}, 'shorter'],
      ['claude', {}, 'any'],
      ['gpt-*', {}, 'shorter'],
      ['o1-mini', {}, 'suffix'],
    ])('%s with labels %p goes to %s', async (model, labels, expected) => {
      const table = await full([
        ...serving,
        ...['exact', 'longer', 'gold', 'shorter', 'any', 'suffix'].map(route),
        match('gpt-4o', { route: 'default/exact' }),
        match('gpt-4o*', { route: 'default/gold', matchLabels: { tier: 'gold' } }, { route: 'default/longer' }),
        match('gpt-*', { route: 'default/shorter' }),
        match('*-mini', { route: 'default/suffix' }),
        match('*', { route: 'default/any' }),
      ]);
      expect(table.route('default', model, labels)?.name).toBe(expected);
      expect(table.route('elsewhere', model, labels)).toBeUndefined();
    });

    it('agrees with a scan of all patterns in the order that the contract gives', async () => {
      const pattern = fc
        .array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join(''));
      const labels = fc.constantFrom<Record<string, string>>({}, { tier: 'gold' });
      const model = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
      const table = fc.uniqueArray(fc.record({ pattern, selector: fc.option(labels, { nil: undefined }) }), {
        selector: (each) => each.pattern,
      });
      await fc.assert(
        fc.asyncProperty(table, model, labels, async (patterns, name, asked) => {
          const entries = patterns.flatMap((each, index) => [
            route(`r${index}`),
            match(each.pattern, { route: `default/r${index}`, ...(each.selector && { matchLabels: each.selector }) }),
          ]);
          const scan = patterns
            .map((each, index) => ({ ...each, route: `r${index}`, glob: new Glob(each.pattern) }))
            .sort((left, right) =>
              isGlob(left.pattern) === isGlob(right.pattern)
                ? compareGlobs(left.glob, right.glob)
                : isGlob(left.pattern)
                  ? 1
                  : -1,
            )
            .find((each) => each.glob.matches(name) && selectsLabels(each.selector, asked));
          const built = await full([...serving, ...entries]);
          expect(built.route('default', name, asked)?.name).toBe(scan?.route);
        }),
        { numRuns: 60 },
      );
    });
  });
});
