import { matchRule, type PreparedRoute, prepareRoute, requestDeadlineMs, type RequestFacts } from '#libs/routing';
import { type Configuration, tableOf } from './entries.js';
import { TestCredentials } from './gateway.js';
import { CurrentTable } from '../../src/table/current-table.js';
import { BackendStates } from '../../src/state/backend-state.js';
import { ConsumerLimiters } from '../../src/state/consumer-limiter.js';
import type { StateEvent } from '../../src/state/events.js';
import { type PinnedTable, PinnedTables } from '../../src/runs/pinned-table.js';
import { RoutingState } from '../../src/state/routing-state.js';

/** A data plane's state under a table for the model `chat`, without requests: a test asks it and tells it what happened. */
export class StatePlane {
  readonly credentials = new TestCredentials();
  readonly events: StateEvent[] = [];
  readonly routing = new RoutingState(this.credentials, (event) => this.events.push(event));
  private readonly served = new CurrentTable();
  private readonly tables = new PinnedTables(this.served, {
    backends: new BackendStates(this.routing),
    consumers: new ConsumerLimiters(),
    routing: this.routing,
  });
  private revision = 0;

  static async serving(configuration: Configuration): Promise<StatePlane> {
    const plane = new StatePlane();
    await plane.serve(configuration);
    return plane;
  }

  async serve(configuration: Configuration): Promise<void> {
    this.revision += 1;
    this.served.swap(await tableOf(configuration, this.revision));
  }

  get table(): PinnedTable {
    const { current } = this.tables;
    if (current === undefined) throw new Error('nothing is served yet');
    return current;
  }

  get route(): PreparedRoute {
    const entry = this.table.view.route('default', 'chat', {});
    if (entry === undefined) throw new Error('there is no route');
    return prepareRoute(entry, this.table.view);
  }

  facts(route: PreparedRoute, startedMs: number): RequestFacts {
    return {
      rule: matchRule(route, { headers: {} }),
      startedMs,
      deadlineMs: requestDeadlineMs(route.entry, startedMs),
    };
  }
}
