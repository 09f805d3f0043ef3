import type { MatchCandidate } from '#libs/routing-table';
import { type Fact, forEachClaimed } from './concern.js';
import { byAge } from './contest.js';
import { encodeEntry } from './entry.js';
import { SelectorCover } from './selector-cover.js';
import type { Contender } from './spaces.js';

/**
 * For each model name or pattern of a namespace, the policies that may answer, best first: with a consumerSelector
 * before without, then older, then by name. A policy behind one that takes every consumer it could take is left out.
 *
 * Losses never cross patterns: an exact name is tried before any pattern and a longer pattern before a shorter, and the
 * shortest name that a pattern takes is shorter than all that a longer one takes.
 */
export const matches = forEachClaimed('matches', 'pattern', (rivals, _look, key) => {
  const slash = key.indexOf('/');
  const namespace = key.slice(0, slash);
  const pattern = key.slice(slash + 1);
  const { candidates, losses } = rank(rivals);
  return {
    facts: losses.map(({ loser, winner }): Fact => ({
      space: 'loss',
      key: lossKey(loser.key, pattern),
      value: winner,
    })),
    entries: [encodeEntry('Match', key, { namespace, pattern, candidates })],
  };
});

/** Where a policy finds who takes a pattern from it. */
export function lossKey(policy: string, pattern: string): string {
  return `${policy} ${pattern}`;
}

function rank(rivals: readonly Contender[]) {
  const candidates: MatchCandidate[] = [];
  const losses: { readonly loser: Contender; readonly winner: Contender }[] = [];
  const before = new SelectorCover<Contender>(rivals.map(labelsOf));
  for (const policy of [...rivals].sort(bySelectorThenAge)) {
    const winner = before.find(labelsOf(policy));
    if (winner !== undefined) {
      losses.push({ loser: policy, winner });
      continue;
    }
    before.add(labelsOf(policy), policy);
    const { key, matchLabels } = policy;
    candidates.push({ route: key, ...(matchLabels !== undefined && { matchLabels }) });
  }
  return { candidates, losses };
}

function labelsOf({ matchLabels }: Contender): Readonly<Record<string, string>> {
  return matchLabels ?? {};
}

function bySelectorThenAge(left: Contender, right: Contender): number {
  return Number(left.matchLabels === undefined) - Number(right.matchLabels === undefined) || byAge(left, right);
}
