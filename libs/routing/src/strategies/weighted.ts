import type { Strategy } from './strategy.js';

/** A random candidate, in proportion to the weights. */
export const weighted: Strategy = {
  name: 'Weighted',
  choose(candidates, totalWeight, random) {
    let rest = random * totalWeight;
    for (const candidate of candidates) {
      rest -= candidate.weight;
      if (rest < 0) return candidate;
    }
    // Sums of fractions may fall short of the total by a rounding error.
    return candidates[candidates.length - 1]!;
  },
};
