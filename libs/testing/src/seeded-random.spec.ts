import { seededRandom } from './index.js';

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
};

it('repeats itself for a seed, differs between seeds, and fills [0, 1) evenly', () => {
  expect(take(1, 100)).toEqual(take(1, 100));
  expect(take(1, 100)).not.toEqual(take(2, 100));
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const value of take(7, 10_000)) tenths[Math.floor(value * 10)]!++;
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
