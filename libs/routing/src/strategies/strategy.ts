import type { Candidate } from '../prepared-route.js';

/** How one of several candidates of equal priority is chosen. Pure. */
export interface Strategy {
  readonly name: string;
  /** `candidates` is not empty, `totalWeight` is the sum of their weights (> 0), `random` is in [0, 1). */
  choose(candidates: readonly Candidate[], totalWeight: number, random: number): Candidate;
}
