import type { Candidate, Tier, Tiers } from './candidate.js';
import type { Context } from './context.js';
import type { PassedOver } from './passed-over.js';
import { isRequestFault } from './retry-plan.js';

/**
 * Where the next attempt may go, in order: the rule's own tiers, then the fallbacks for every class that has failed so
 * far. Once a backend has found fault with the request itself, only the fallbacks are left: what is in the rule's tiers
 * would find the same.
 */
export function openTiers(context: Context): Tiers {
  const { rule, failures } = context;
  if (failures.length === 0) return rule.tiers;
  const fallbacks = fallbackTiers(context);
  return failures.some(({ outcome }) => isRequestFault(outcome)) ? fallbacks : joined([rule.tiers, fallbacks]);
}

/** The fallbacks for the classes that have failed, the one that failed first in front. */
export function fallbackTiers({ rule, failures }: Context): Tiers {
  const found = new Set<Tiers>();
  for (const { outcome } of failures.toReversed()) {
    const tiers = rule.fallbacks[outcome];
    if (tiers !== undefined) found.add(tiers);
  }
  return joined([...found]);
}

function joined(all: readonly Tiers[]): Tiers {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return first;
  const list: Tier[] = [];
  const unusable: PassedOver[] = [];
  for (const tiers of all) {
    list.push(...tiers.list);
    unusable.push(...tiers.unusable);
  }
  return { list, unusable };
}

/** The candidate by its backend, wherever the rule names it. */
export function candidateOf({ rule }: Context, backend: string): Candidate | undefined {
  return (
    find(rule.tiers, backend) ??
    Object.values(rule.fallbacks)
      .map((tiers) => find(tiers, backend))
      .find(Boolean)
  );
}

function find({ list }: Tiers, backend: string): Candidate | undefined {
  for (const { candidates } of list) {
    for (const candidate of candidates) if (candidate.backend === backend) return candidate;
  }
  return undefined;
}
