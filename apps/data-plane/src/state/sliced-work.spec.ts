import { FakeClock } from '#libs/testing';
import { SlicedWork } from './sliced-work.js';

let clock: FakeClock;
let work: SlicedWork;
let done: string[];

beforeEach(() => {
  clock = new FakeClock(0);
  work = new SlicedWork(clock);
  done = [];
});

function* steps(name: string, count: number): IterableIterator<void> {
  for (let step = 0; step < count; step += 1) yield;
  done.push(name);
}

it('is done at once where it is short, and later where it is long', () => {
  work.begin(steps('short', 100));
  expect([done, work.isUnderWay]).toEqual([['short'], false]);
  work.begin(steps('long', 1_200));
  expect([done, work.isUnderWay]).toEqual([['short'], true]);
  clock.advance(0);
  expect([done, work.isUnderWay, clock.pendingTimers]).toEqual([['short', 'long'], false, 0]);
});

it('is left off where other work begins', () => {
  work.begin(steps('first', 1_200));
  work.begin(steps('second', 1_200));
  clock.advance(0);
  expect(done).toEqual(['second']);
});

it('that throws stands in no way of the next', () => {
  const fault = new Error('a defect');
  function* broken(): IterableIterator<void> {
    yield;
    throw fault;
  }
  expect(() => work.begin(broken())).toThrow(fault);
  expect(work.isUnderWay).toBe(false);
});
