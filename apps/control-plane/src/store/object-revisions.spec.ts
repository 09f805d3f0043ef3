import fc from 'fast-check';
import { type KeptRevision, keptRevision, restoredState } from './object-revisions.js';

const keys = Array.from({ length: 10_000 }, (_, index) => ({
  name: `k${index}`,
  valueFrom: { secretKeyRef: { name: 'openai', key: `key-${index}` } },
}));
const pool = (changes: object = {}) => ({ metadata: { name: 'large', generation: 1 }, spec: { keys, ...changes } });
const sizeOf = (kept: KeptRevision): number => JSON.stringify(kept).length;
/** After which none is kept whole just because it is due. */
const EARLIER = 7;
/** As it is read from the database. */
const asStored = (kept: KeptRevision): KeptRevision => JSON.parse(JSON.stringify(kept)) as KeptRevision;

test.each<[string, object]>([
  ['one field', pool({ cooldown: '30s' })],
  ['one key that is edited', pool({ keys: keys.with(5_000, { ...keys[5_000]!, name: 'other' }) })],
  ['one key that comes first', pool({ keys: [{ name: 'new', valueFrom: { env: 'A' } }, ...keys] })],
  ['one key that goes', pool({ keys: keys.toSpliced(5_000, 1) })],
  ['some keys for others', pool({ keys: keys.toSpliced(5_000, 10, keys[3]!, keys[4]!) })],
])('keeps of ten thousand keys the difference: %s', (_, next) => {
  const kept = keptRevision(pool(), next, EARLIER);
  expect(sizeOf(kept)).toBeLessThan(1_000);
  expect(restoredState([pool(), asStored(kept)])).toEqual(next);
});

test('keeps the whole state where most of it changed', () => {
  const next = pool({ keys: [...keys].reverse() });
  expect(keptRevision(pool(), next, EARLIER)).toBe(next);
});

test.each([1, 2])('keeps a whole state after some tens of edits, also if each takes %d revisions', (stride) => {
  const [first, next] = ['10s', '30s'].map((cooldown) => ({ spec: { cooldown, text: 'x'.repeat(500) } })) as [
    object,
    object,
  ];
  let patches = 0;
  let longest = 0;
  for (let edit = 0; edit < 1_000; edit += 1) {
    patches = Array.isArray(keptRevision(first, next, 1 + edit * stride)) ? patches + 1 : 0;
    longest = Math.max(longest, patches);
  }
  expect(longest).toBeGreaterThan(10);
  expect(longest).toBeLessThan(100);
});

test('what was deleted is gone, and begins anew', () => {
  expect(restoredState([{ a: 1 }, null])).toBeUndefined();
  expect(restoredState([{ a: 1 }, null, { b: 2 }])).toEqual({ b: 2 });
});

test('a difference without the state before it is refused, and so is one that does not fit', () => {
  expect(() => restoredState([[{ op: 'replace', path: '/a', value: 2 }]])).toThrow('read from the last whole one on');
  expect(() => restoredState([{ b: 1 }, [{ op: 'replace', path: '/a', value: 2 }]])).toThrow('/a');
});

/** Documents with names, lists and texts that are awkward in a path. */
const names = fc.constantFrom('a', 'b', 'a/b', 'm~n', '', '0', '-', 'constructor', '__proto__', 'length');
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, '', 'x', '1'),
    fc.array(tie('document'), { maxLength: 5 }),
    fc
      .array(fc.tuple(names, tie('document')), { maxLength: 4 })
      .map(
        (entries) =>
          JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`) as object,
      ),
  ),
}));
const state = document.map((spec) => ({ spec, padding: 'x'.repeat(400) }));

test('every state of any sequence of edits is restored from what was kept', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 2, maxLength: 8 }), fc.nat(), (states, revision) => {
      const rows: KeptRevision[] = [];
      states.forEach((next, index) => {
        const before = states[index - 1];
        rows.push(asStored(before ? keptRevision(before, next, revision + index) : next));
        expect(JSON.stringify(sorted(restoredState(rows)))).toBe(JSON.stringify(sorted(next)));
      });
    }),
    { numRuns: 500 },
  );
});

/** With its names in order: that of an object's members is not kept. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, each]) => [name, sorted(each)]);
}
