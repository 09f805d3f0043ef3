import { steepGrowth } from './cpu-growth.js';

const spin = (steps: number): void => {
  let sum = 0;
  for (let step = 0; step < steps; step++) sum = (sum + step) % 7;
  expect(sum).toBeLessThan(7);
};

test('linear work passes at any size', () => {
  expect(steepGrowth((size) => spin(size * 100), { from: 10_000, to: 640_000 })).toBeUndefined();
});

test('quadratic work is found at the first size where it shows, and goes no further', () => {
  const seen: number[] = [];
  const work = (size: number): void => {
    seen.push(size);
    spin(size * size);
  };
  expect(steepGrowth(work, { from: 4_000, to: 100_000_000 })).toMatchObject({ size: expect.any(Number) });
  expect(Math.max(...seen)).toBeLessThan(300_000);
});
