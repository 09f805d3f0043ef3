import { seededRandom } from '#libs/testing';
import { slopeOf } from './slope.js';

const noisy = (slope: number, random: () => number): [number, number][] =>
  Array.from({ length: 60 }, (_, x) => [x, 100 + slope * x + 10 * (random() - 0.5)]);

it('is exact for points on a line', () => {
  const { slope, low, high } = slopeOf([0, 1, 2, 3, 4].map((x) => [x, 7 + 3 * x]));
  expect([slope, low, high].map((each) => Number(each.toFixed(9)))).toEqual([3, 3, 3]);
});

it('has the interval of a textbook', () => {
  // y = 1..5 against 2.2, 4.1, 6.2, 7.8, 10.1: slope 1.95, standard error 0.0526, t(3) = 3.182.
  const { slope, low, high } = slopeOf([2.2, 4.1, 6.2, 7.8, 10.1].map((y, index) => [index + 1, y]));
  expect(slope).toBeCloseTo(1.95, 6);
  expect(low).toBeCloseTo(1.95 - 3.182 * 0.0526, 1);
  expect(high).toBeCloseTo(1.95 + 3.182 * 0.0526, 1);
});

it('includes 0 for noise about as often as it says', () => {
  const random = seededRandom(1);
  const including = Array.from({ length: 400 }, () => slopeOf(noisy(0, random))).filter(
    ({ low, high }) => low <= 0 && high >= 0,
  );
  expect(including.length / 400).toBeGreaterThan(0.92);
});

it('excludes 0 where something grows', () => {
  const { low } = slopeOf(noisy(0.2, seededRandom(2)));
  expect(low).toBeGreaterThan(0);
});

it('is wider where neighbours resemble each other', () => {
  const random = seededRandom(3);
  let level = 0;
  const walk = Array.from({ length: 200 }, (_, x): [number, number] => [x, (level = 0.9 * level + random() - 0.5)]);
  const mixed = walk
    .map(([, y], index): [number, number] => [(index * 77) % 200, y])
    .sort(([left], [right]) => left - right);
  const width = ({ low, high }: { low: number; high: number }): number => high - low;
  expect(width(slopeOf(walk))).toBeGreaterThan(2 * width(slopeOf(mixed)));
});
