import { randomAt, randomFor } from './random.js';

describe('random numbers of a request', () => {
  it('are uniform over seeds, also over seeds in a row', () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let seed = 0; seed < 50_000; seed++) {
      const bucket = Math.floor(randomAt(seed, 0) * 10);
      counts[bucket] = counts[bucket]! + 1;
    }
    for (const count of counts) expect(Math.abs(count - 5000)).toBeLessThan(300);
  });

  it('differ by choice and by attempt', () => {
    const drawn = new Set<number>();
    for (let attempts = 0; attempts < 5; attempts++) {
      for (let choice = 0; choice < 4; choice++) drawn.add(randomFor(7, attempts, choice));
    }
    expect(drawn.size).toBe(20);
  });
});
