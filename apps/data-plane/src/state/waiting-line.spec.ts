import fc from 'fast-check';
import { type InLine, WaitingLine } from './waiting-line.js';

it('keeps the order of arrival, whoever comes, leaves and returns, as a list that is sorted each time does', () => {
  const step = fc.record({ arrival: fc.integer({ min: 1, max: 200 }), after: fc.integer({ min: 0, max: 200 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const line = new WaitingLine<InLine>();
      const model = new Map<number, InLine>();
      for (const { arrival, after } of steps) {
        const there = model.get(arrival);
        if (there === undefined) {
          const waiter = { arrival };
          line.add(waiter);
          model.set(arrival, waiter);
        } else {
          line.remove(there);
          model.delete(arrival);
        }
        const next = [...model.values()].filter((each) => each.arrival > after).sort((a, b) => a.arrival - b.arrival);
        expect(line.after(after)).toBe(next[0]);
        expect(line.size).toBe(model.size);
      }
    }),
    { numRuns: 60 },
  );
});

it('leaving twice, or a line that one is not in, changes nothing', () => {
  const line = new WaitingLine<InLine>();
  const [one, other] = [{ arrival: 1 }, { arrival: 2 }];
  line.add(one);
  line.remove(other);
  line.remove(one);
  line.remove(one);
  expect([line.size, line.after(0)]).toEqual([0, undefined]);
});

it('closes up, so that those who left for good leave nothing behind', () => {
  const line = new WaitingLine<InLine>();
  const waiters = Array.from({ length: 10_000 }, (_, at) => ({ arrival: at + 1 }));
  for (const waiter of waiters) line.add(waiter);
  for (const waiter of waiters.slice(10)) line.remove(waiter);
  expect(JSON.stringify(line).length).toBeLessThan(2_000);
});

it('who leaves while others are looked for returns to the place', () => {
  const line = new WaitingLine<InLine>();
  const [first, second] = [{ arrival: 1 }, { arrival: 2 }];
  line.add(first);
  line.add(second);
  line.remove(first);
  expect(line.after(0)).toBe(second);
  line.add(first);
  expect([line.after(0), line.after(1)]).toEqual([first, second]);
});
