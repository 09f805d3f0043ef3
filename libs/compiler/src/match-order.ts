import type { EffectiveRoutePolicySpec } from '#libs/resources';
import type { MatchCandidate } from '#libs/routing-table';
import type { DraftEntry } from './draft-entry.js';
import type { Finding } from './finding.js';
import { byAge, type Intake, type Resource, whyFirst } from './intake.js';
import { SelectorCover } from './selector-cover.js';

type Policy = Resource<EffectiveRoutePolicySpec>;

export interface MatchOrder {
  readonly drafts: readonly DraftEntry[];
  readonly findings: readonly Finding[];
  /** Ids of policies that win for no model name. */
  readonly conflicted: ReadonlySet<string>;
}

/**
 * For each model name or pattern of a namespace, the policies that may answer, best first: with a consumerSelector
 * before without, then older, then by name. A policy behind one that takes every consumer it could take is left out.
 *
 * Losses never cross patterns: an exact name is tried before any pattern and a longer pattern before a shorter, and the
 * shortest name that a pattern takes is shorter than all that a longer one takes.
 */
export function orderMatches({ resources }: Intake): MatchOrder {
  const byPattern = new Map<string, Policy[]>();
  for (const policy of resources.RoutePolicy.values()) {
    for (const pattern of policy.spec.models) {
      const key = `${policy.namespace}/${pattern}`;
      const rivals = byPattern.get(key);
      if (rivals === undefined) byPattern.set(key, [policy]);
      else rivals.push(policy);
    }
  }
  const drafts: DraftEntry[] = [];
  const losses = new Map<Policy, Loss[]>();
  for (const [key, rivals] of byPattern) {
    const namespace = rivals[0]!.namespace;
    const pattern = key.slice(namespace.length + 1);
    const candidates = rank(rivals, (loser, winner) => {
      const lost = losses.get(loser);
      if (lost === undefined) losses.set(loser, [{ pattern, winner }]);
      else lost.push({ pattern, winner });
    });
    drafts.push({ kind: 'Match', key, value: { namespace, pattern, candidates } });
  }
  return { drafts, ...judge(losses) };
}

interface Loss {
  readonly pattern: string;
  readonly winner: Policy;
}

function rank(rivals: Policy[], onLoss: (loser: Policy, winner: Policy) => void): MatchCandidate[] {
  const candidates: MatchCandidate[] = [];
  const before = new SelectorCover<Policy>(rivals.map(labelsOf));
  for (const policy of rivals.sort(bySelectorThenAge)) {
    const winner = before.find(labelsOf(policy));
    if (winner !== undefined) {
      onLoss(policy, winner);
      continue;
    }
    before.add(labelsOf(policy), policy);
    const matchLabels = policy.spec.consumerSelector?.matchLabels;
    candidates.push({ route: policy.key, ...(matchLabels !== undefined && { matchLabels }) });
  }
  return candidates;
}

function labelsOf(policy: Policy): Readonly<Record<string, string>> {
  return policy.spec.consumerSelector?.matchLabels ?? {};
}

function bySelectorThenAge(left: Policy, right: Policy): number {
  const selectors =
    Number(left.spec.consumerSelector === undefined) - Number(right.spec.consumerSelector === undefined);
  return selectors || byAge(left, right);
}

function judge(losses: ReadonlyMap<Policy, readonly Loss[]>): Pick<MatchOrder, 'findings' | 'conflicted'> {
  const findings: Finding[] = [];
  const conflicted = new Set<string>();
  for (const [policy, lost] of losses) {
    const details = lost
      .map(({ pattern, winner }) => `"${pattern}" to RoutePolicy ${winner.key}, ${whyFirst(winner, policy)}`)
      .join('; ');
    if (lost.length === policy.spec.models.length) {
      conflicted.add(policy.id);
      findings.push({
        object: policy.id,
        type: 'Accepted',
        reason: 'Conflicted',
        message: `The policy can never win, as it loses every model: ${details}`,
      });
    } else {
      findings.push({ object: policy.id, type: 'Accepted', message: `It serves the rest, but loses ${details}` });
    }
  }
  return { findings, conflicted };
}
