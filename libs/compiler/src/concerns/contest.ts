import { compareText } from './entry.js';
import type { Contender, Resource } from './spaces.js';

export function contenderOf({ key, creationTimestamp }: Resource<unknown>): Contender {
  return { key, creationTimestamp };
}

/** Who wins what two objects want: the older, then the lesser name. Times are RFC 3339 in UTC, so text compares. */
export function byAge(left: Contender, right: Contender): number {
  // An object without a time is only about to be created: it is the youngest.
  if (left.creationTimestamp === '' || right.creationTimestamp === '') {
    return (
      Number(left.creationTimestamp === '') - Number(right.creationTimestamp === '') || compareText(left.key, right.key)
    );
  }
  return compareText(left.creationTimestamp, right.creationTimestamp) || compareText(left.key, right.key);
}

/** Why the winner stands before the loser, to be put after the winner's name. */
export function whyFirst(winner: Contender, loser: Contender): string {
  return winner.creationTimestamp === loser.creationTimestamp ? 'of the same age and first by name' : 'which is older';
}
