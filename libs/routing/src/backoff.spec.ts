import fc from 'fast-check';
import { backoffMs } from './backoff.js';

const backoff = { baseMs: 200, factor: 2, maxMs: 8000, jitter: 'Full' as const };

describe('back-off', () => {
  it('doubles up to its limit', () => {
    const spans = [0, 1, 2, 5, 6, 2000].map((repeat) => backoffMs({ ...backoff, jitter: 'None' }, repeat, 0.5));
    expect(spans).toEqual([200, 400, 800, 6400, 8000, 8000]);
  });

  it('is a share of that with full jitter', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (repeat, random) => {
        const ceilingMs = backoffMs({ ...backoff, jitter: 'None' }, repeat, 0);
        expect(backoffMs(backoff, repeat, random)).toBeCloseTo(random * ceilingMs, 6);
      }),
    );
  });
});
