import { median, percentile, shuffled } from './statistics.js';

it.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4], 0.99, 4],
  [[7], 0.01, 7],
])('percentile of %j at %d is %d', (sample, fraction, expected) => {
  expect(percentile(sample, fraction)).toBe(expected);
});

it('has no median of nothing', () => {
  expect(median([])).toBeNaN();
});

it('shuffles without losing any', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  expect(shuffled(items).sort((left, right) => left - right)).toEqual(items);
});
