import { errorClasses, type ErrorClass } from '#libs/inference';
import type { BackendEntry, BackendRef, KeyPoolEntry, RouteEntry, RouteRule } from '#libs/routing-table';
import type { Candidate, Tiers } from './candidate.js';
import type { PassedOver } from './passed-over.js';
import { retryPlan, type RetryPlan } from './retry-plan.js';
import { strategies } from './strategies/registry.js';
import type { Strategy } from './strategies/strategy.js';

/** The part of a table that a route refers to. */
export interface BackendLookup {
  backend(key: string): BackendEntry | undefined;
  keyPool(key: string): KeyPoolEntry | undefined;
}

export interface PreparedRule {
  readonly rule: RouteRule;
  readonly strategy: Strategy;
  readonly tiers: Tiers;
  /** Tried after `tiers` once an attempt failed with this class. */
  readonly fallbacks: Readonly<Partial<Record<ErrorClass, Tiers>>>;
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
  const fallbacks: Partial<Record<ErrorClass, Tiers>> = {};
  for (const errorClass of errorClasses) {
    const backends = rule.fallbacks.filter((f) => f.errors.includes(errorClass)).flatMap((f) => f.backends);
    if (backends.length > 0) fallbacks[errorClass] = tiersOf(backends, table);
  }
  return { rule, strategy: strategies[0], tiers: tiersOf(rule.backends, table), fallbacks };
}

function tiersOf(backends: readonly BackendRef[], table: BackendLookup): Tiers {
  const byPriority = new Map<number, Candidate[]>();
  const unusable: PassedOver[] = [];
  for (const ref of backends) {
    const found = resolve(ref, table);
    if ('reason' in found) {
      unusable.push(found);
      continue;
    }
    const candidates = byPriority.get(found.priority) ?? [];
    candidates.push(found);
    byPriority.set(found.priority, candidates);
  }
  const list = [...byPriority]
    .sort(([a], [b]) => a - b)
    .map(([priority, candidates]) => ({
      priority,
      candidates,
      totalWeight: candidates.reduce((sum, { weight }) => sum + weight, 0),
    }));
  return { list, unusable };
}

function resolve({ backend, weight, priority }: BackendRef, table: BackendLookup): Candidate | PassedOver {
  const entry = table.backend(backend);
  if (entry === undefined) return { candidate: backend, reason: 'BackendMissing' };
  const pool = table.keyPool(entry.keyPool);
  if (pool === undefined) return { candidate: backend, reason: 'PoolMissing' };
  if (weight <= 0) return { candidate: backend, reason: 'Drained' };
  return { backend, entry, pool, weight, priority };
}
