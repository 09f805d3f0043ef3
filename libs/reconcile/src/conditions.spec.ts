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
const at = { now: t1, generation: 4 };
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
    const result = mergeConditions([accepted], [{ ...accepted, ...change }], at);
    expect(result.changed).toBe(changed);
    expect(result.conditions).toHaveLength(1);
    expect(result.conditions[0]).toMatchObject(expected);
  });

  it('adds a type that was not there and leaves the others alone', () => {
    const ready = { ...accepted, type: 'Ready' };
    const result = mergeConditions([accepted], [ready], at);
    expect(result.conditions).toEqual([accepted, { ...ready, lastTransitionTime: t1 }]);
  });

  it('merged twice is merged once; no generation goes back; no transition without a status', () => {
    fc.assert(
      fc.property(stored, verdicts, (before, desired) => {
        const once = mergeConditions(before, desired, at);
        expect(mergeConditions(once.conditions, desired, at)).toEqual({ conditions: once.conditions, changed: false });
        for (const previous of before) {
          const next = once.conditions.find(({ type }) => type === previous.type)!;
          expect(Number(next.observedGeneration)).toBeGreaterThanOrEqual(previous.observedGeneration);
          expect(next.lastTransitionTime === t0).toBe(next.status === previous.status);
        }
        expect(once.changed).toBe(JSON.stringify(once.conditions) !== JSON.stringify(before));
      }),
    );
  });

  it.each([
    ['no list', { type: 'Accepted' }],
    ['a text', 'Accepted'],
    ['things that are no conditions', [null, 7, {}, accepted]],
    ['one type twice', [accepted, { ...accepted, status: 'False' }]],
    ['one without its time', [{ ...accepted, lastTransitionTime: 'soon' }]],
    ['one about a generation that is yet to come', [{ ...accepted, observedGeneration: 5, status: 'False' }]],
  ])('overwrites what is no list of conditions: %s', (_, malformed) => {
    const { conditions, changed } = mergeConditions(malformed, [accepted], at);
    expect(changed).toBe(true);
    expect(conditions).toEqual([{ ...accepted, lastTransitionTime: expect.stringMatching(/^2026/) as unknown }]);
  });

  it('keeps the conditions of others, also those that say less than ours', () => {
    const foreign = { type: 'example.com/Reviewed', status: 'True' };
    expect(mergeConditions([foreign, accepted], [accepted], at)).toEqual({
      conditions: [foreign, accepted],
      changed: false,
    });
  });

  it('whatever is stored, each verdict holds afterwards, once, and merging again changes nothing', () => {
    const anything = fc.oneof(fc.anything(), fc.array(fc.oneof(fc.anything(), stored)), stored);
    fc.assert(
      fc.property(anything, verdicts, (before, desired) => {
        const once = mergeConditions(before, desired, { now: t1, generation: 0 });
        for (const verdict of desired) {
          const found = once.conditions.filter(({ type }) => type === verdict.type);
          expect(found).toEqual([expect.objectContaining(verdict)]);
        }
        expect(mergeConditions(once.conditions, desired, { now: t1, generation: 0 }).changed).toBe(false);
      }),
    );
  });
});
