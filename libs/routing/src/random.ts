/**
 * A uniform number in [0, 1) for one choice of one request. Stateless: the same seed and place give the same number, so
 * a decision can be taken again (after a wait, in a replay, in an explanation) and comes out the same.
 *
 * `seed` is any 32-bit integer, fresh for each request; `place` tells the choices of one request apart. The mixing steps
 * are those of the 32-bit finalizer of MurmurHash3.
 */
export function randomAt(seed: number, place: number): number {
  let h = (seed ^ Math.imul(place + 1, 0x9e3779b1)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** The choices of one decision. The number of attempts made so far is multiplied in, so each decision draws afresh. */
const choicesOfADecision = 4;
export const backendChoice = 0;
export const backendSecondChoice = 1;
export const keyChoice = 2;
export const backoffChoice = 3;

export function randomFor(seed: number, attemptsSoFar: number, choice: number): number {
  return randomAt(seed, attemptsSoFar * choicesOfADecision + choice);
}
