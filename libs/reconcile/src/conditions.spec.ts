import fc from 'fast-check';
import { mergeConditions, type DesiredCondition, type MergeableCondition } from './conditions.js';

const verdict: fc.Arbitrary<DesiredCondition> = fc.record({
  type: fc.constantFrom('Accepted', 'Programmed', 'Ready'),
  status: fc.constantFrom('True', 'False', 'Unknown'),
  reason: fc.constantFrom('Fine', 'Broken'),
  message: fc.constantFrom('', 'why'),
  observedGeneration: fc.integer({ min: 1, max: 4 }),
});
const verdicts = fc.uniqueArray(verdict, { selector: ({ type }) => type });
const [t0, t1] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
const stored = verdicts.map((all) => all.map((each): MergeableCondition => ({ ...each, lastTransitionTime: t0 })));

describe('mergeConditions', () => {
  const accepted: MergeableCondition = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: '',
    observedGeneration: 2,
    lastTransitionTime: t0,
  };

  it.each([
    ['an equal verdict changes nothing', {}, { changed: false, lastTransitionTime: t0, observedGeneration: 2 }],
    [
      'a new message keeps the time',
      { message: 'x' },
      { changed: true, lastTransitionTime: t0, observedGeneration: 2 },
    ],
    [
      'a new generation keeps the time',
      { observedGeneration: 3 },
      { changed: true, lastTransitionTime: t0, observedGeneration: 3 },
    ],
    [
      'a new status moves the time',
      { status: 'False' as const },
      { changed: true, lastTransitionTime: t1, observedGeneration: 2 },
    ],
    [
      'a verdict about a lower generation is refused',
      { status: 'False' as const, observedGeneration: 1 },
      { changed: false, lastTransitionTime: t0, observedGeneration: 2 },
    ],
  ])('%s', (_, change, { changed, ...expected }) => {
    const result = mergeConditions([accepted], [{ ...accepted, ...change }], t1);
    expect(result.changed).toBe(changed);
    expect(result.conditions).toHaveLength(1);
    expect(result.conditions[0]).toMatchObject(expected);
  });

  it('adds a type that was not there and leaves the others alone', () => {
    const ready = { ...accepted, type: 'Ready' };
    const result = mergeConditions([accepted], [ready], t1);
    expect(result.conditions).toEqual([accepted, { ...ready, lastTransitionTime: t1 }]);
  });

  it('merged twice is merged once; no generation goes back; no transition without a status', () => {
    fc.assert(
      fc.property(stored, verdicts, (before, desired) => {
        const once = mergeConditions(before, desired, t1);
        expect(mergeConditions(once.conditions, desired, t1)).toEqual({ conditions: once.conditions, changed: false });
        for (const previous of before) {
          const next = once.conditions.find(({ type }) => type === previous.type)!;
          expect(next.observedGeneration).toBeGreaterThanOrEqual(previous.observedGeneration);
          expect(next.lastTransitionTime === t0).toBe(next.status === previous.status);
        }
        expect(once.changed).toBe(JSON.stringify(once.conditions) !== JSON.stringify(before));
      }),
    );
  });
});
