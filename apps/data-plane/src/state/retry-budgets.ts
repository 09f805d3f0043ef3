import { RetryBudget } from '#libs/routing';
import type { RetryPolicy, RouteEntry } from '#libs/routing-table';
import { IdentityMap } from './identity-map.js';

type Policy = RetryPolicy['budget'];

/** Requests of an old table and a new one run side by side; a table further back starts anew. */
const KEPT_POLICIES = 2;

/** A route's budgets, one for each policy in use: a balance means nothing under other prices. */
export class RouteBudget {
  private kept: readonly { readonly policy: Policy; readonly budget: RetryBudget }[] = [];

  under(policy: Policy): RetryBudget {
    const found = this.find(policy);
    if (found !== undefined) return found;
    const budget = new RetryBudget(policy);
    this.kept = [{ policy, budget }, ...this.kept].slice(0, KEPT_POLICIES);
    return budget;
  }

  /** undefined: nothing has been counted under it yet. */
  find(policy: Policy): RetryBudget | undefined {
    for (const { policy: own, budget } of this.kept) if (own === policy || isEqual(own, policy)) return budget;
    return undefined;
  }

  takeFrom(other: RouteBudget): void {
    this.kept = other.kept.map(({ policy, budget }) => ({ policy, budget: budget.copy() }));
  }
}

function isEqual(a: Policy, b: Policy): boolean {
  return a.percent === b.percent && a.intervalMs === b.intervalMs && a.minPerSecond === b.minPerSecond;
}

/** The retry budgets of the routes. */
export class RetryBudgets {
  readonly byId = new IdentityMap(() => new RouteBudget());

  of(route: RouteEntry): RetryBudget {
    return this.byId.get(idOf(route)).under(route.retry.budget);
  }

  /** Only reads. */
  balance(route: RouteEntry, nowMs: number): number {
    const { budget } = route.retry;
    const found = this.byId.find(idOf(route))?.find(budget);
    return (found ?? new RetryBudget(budget)).balance(nowMs);
  }

  /** Budgets of the same balance, for imagining. */
  adopt(route: RouteEntry, from: RetryBudgets): void {
    const other = from.byId.find(idOf(route));
    if (other !== undefined) this.byId.get(idOf(route)).takeFrom(other);
  }
}

function idOf({ namespace, name }: RouteEntry): string {
  return `${namespace}/${name}`;
}
