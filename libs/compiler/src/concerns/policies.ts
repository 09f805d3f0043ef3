import type { Finding } from '../conditions/finding.js';
import { type Claim, forEachFact } from './concern.js';
import { whyFirst } from './contest.js';
import { lossKey } from './matches.js';
import { report } from './per-object.js';
import type { CompiledRoute, Contender } from './spaces.js';

/** Routes that can win some model name. A policy that can win none is told what it lacks, but keeps nothing in the table. */
export const policies = forEachFact('policies', 'route', (route, look) => {
  const lost = route.patterns.flatMap((pattern) => {
    const winner = look.fact('loss', lossKey(route.key, pattern));
    return winner === undefined ? [] : [{ pattern, winner }];
  });
  const findings = [...judge(route, lost), ...route.findings];
  const conditions = report({ ...route, kind: 'RoutePolicy' }, findings);
  if (lost.length === route.patterns.length) return conditions;
  const uses = route.backends.map((value): Claim => ({ space: 'backend', key: value.id, value }));
  return { ...conditions, claims: uses, entries: [route.entry] };
});

interface Loss {
  readonly pattern: string;
  readonly winner: Contender;
}

function judge(route: CompiledRoute, lost: readonly Loss[]): Finding[] {
  if (lost.length === 0) return [];
  const details = lost
    .map(({ pattern, winner }) => `"${pattern}" to RoutePolicy ${winner.key}, ${whyFirst(winner, route)}`)
    .join('; ');
  if (lost.length < route.patterns.length) {
    return [{ type: 'Accepted', message: `It serves the rest, but loses ${details}` }];
  }
  return [
    {
      type: 'Accepted',
      reason: 'Conflicted',
      message: `The policy can never win, as it loses every model: ${details}`,
    },
  ];
}
