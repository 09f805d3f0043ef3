import { RetryBudget } from '#libs/routing';
import type { RetryPolicy, RouteEntry } from '#libs/routing-table';
import { IdentityMap } from './identity-map.js';

class RouteBudget {
  private policy: RetryPolicy['budget'] | undefined = undefined;
  private budget: RetryBudget | undefined = undefined;

  /** A changed policy starts a new budget: the old one's balance means nothing under other prices. */
  under(policy: RetryPolicy['budget']): RetryBudget {
    if (this.budget === undefined || !this.isUnder(policy)) {
      this.budget = new RetryBudget(policy);
      this.policy = policy;
    }
    return this.budget;
  }

  private isUnder(policy: RetryPolicy['budget']): boolean {
    const own = this.policy;
    if (own === policy) return true;
    return (
      own?.percent === policy.percent &&
      own.intervalMs === policy.intervalMs &&
      own.minPerSecond === policy.minPerSecond
    );
  }
}

/** The retry budgets of the routes. */
export class RetryBudgets {
  readonly byId = new IdentityMap(() => new RouteBudget());

  of(route: RouteEntry): RetryBudget {
    return this.byId.get(`${route.namespace}/${route.name}`).under(route.retry.budget);
  }
}
