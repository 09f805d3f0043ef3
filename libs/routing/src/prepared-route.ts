import { errorClasses, type ErrorClass } from '#libs/inference';
import type { BackendEntry, BackendRef, KeyPoolEntry, RouteEntry, RouteRule } from '#libs/routing-table';
import { retryPlan, type RetryPlan } from './retry-plan.js';

/** The part of a table that a route refers to. */
export interface BackendLookup {
  backend(key: string): BackendEntry | undefined;
  keyPool(key: string): KeyPoolEntry | undefined;
}

/** A backend reference, resolved in one table. */
export interface Candidate {
  /** Key of the Backend entry. */
  readonly backend: string;
  readonly entry: BackendEntry;
  readonly pool: KeyPoolEntry;
  readonly weight: number;
  readonly priority: number;
}

/** Candidates of one priority. */
export interface Tier {
  readonly priority: number;
  readonly candidates: readonly Candidate[];
  readonly totalWeight: number;
}

export interface PreparedRule {
  readonly rule: RouteRule;
  /** By rising priority. Drained candidates (weight 0) and references that the table can't resolve are left out. */
  readonly tiers: readonly Tier[];
  /** Tried after `tiers` when the last attempt failed with this class. */
  readonly fallbacks: Readonly<Partial<Record<ErrorClass, readonly Tier[]>>>;
}

/** A route with everything that doesn't change between requests worked out. Belongs to the table it was made from. */
export interface PreparedRoute {
  readonly entry: RouteEntry;
  readonly rules: readonly PreparedRule[];
  readonly retry: Readonly<Record<ErrorClass, RetryPlan>>;
}

/** Called once a route and table; the result must not outlive the table. */
export function prepareRoute(entry: RouteEntry, table: BackendLookup): PreparedRoute {
  const retry = {} as Record<ErrorClass, RetryPlan>;
  for (const errorClass of errorClasses) retry[errorClass] = retryPlan(errorClass, entry.retry.rules);
  return { entry, retry, rules: entry.rules.map((rule) => prepareRule(rule, table)) };
}

function prepareRule(rule: RouteRule, table: BackendLookup): PreparedRule {
  const fallbacks: Partial<Record<ErrorClass, readonly Tier[]>> = {};
  for (const errorClass of errorClasses) {
    const backends = rule.fallbacks.filter((f) => f.errors.includes(errorClass)).flatMap((f) => f.backends);
    const tiers = tiersOf(backends, table);
    if (tiers.length > 0) fallbacks[errorClass] = tiers;
  }
  return { rule, tiers: tiersOf(rule.backends, table), fallbacks };
}

function tiersOf(backends: readonly BackendRef[], table: BackendLookup): Tier[] {
  const byPriority = new Map<number, Candidate[]>();
  for (const { backend, weight, priority } of backends) {
    const entry = table.backend(backend);
    const pool = entry && table.keyPool(entry.keyPool);
    if (entry === undefined || pool === undefined || weight <= 0) continue;
    const candidates = byPriority.get(priority) ?? [];
    candidates.push({ backend, entry, pool, weight, priority });
    byPriority.set(priority, candidates);
  }
  return [...byPriority]
    .sort(([a], [b]) => a - b)
    .map(([priority, candidates]) => ({
      priority,
      candidates,
      totalWeight: candidates.reduce((sum, { weight }) => sum + weight, 0),
    }));
}
