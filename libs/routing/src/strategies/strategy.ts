import type { Candidate } from '../candidate.js';

/** How one of several candidates of equal priority is chosen, and how many attempts run side by side. Pure. */
export interface Strategy {
  readonly name: string;
  /** `candidates` is not empty, `totalWeight` is the sum of their weights (> 0), `random` is in [0, 1). */
  choose(candidates: readonly Candidate[], totalWeight: number, random: number): Candidate;
  /** Absent: one attempt after the other. */
  readonly together?: Together;
}

/** Several attempts of one request under way at once. The first to have content wins; its caller cancels the others. */
export interface Together {
  readonly attempts: number;
  /** Each but the first starts once the one before it has been without an end for so long. 0: all at once, a race. */
  readonly staggerMs: number;
}
