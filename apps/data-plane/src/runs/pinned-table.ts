import {
  type AttemptPlan,
  type BreakerState,
  type Candidate,
  type ConnectionsView,
  type ImaginedState,
  type KeyIndexView,
  type PreparedRoute,
  prepareRoute,
} from '#libs/routing';
import type { RouteEntry } from '#libs/routing-table';
import { Authenticator } from '../consumers/authenticate.js';
import type { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import type { ConsumerLimiters } from '../state/consumer-limiter.js';
import type { TableHolder, TableView } from '../table/table-view.js';
import type { BackendState, BackendStates } from '../state/backend-state.js';
import type { Permit } from '../state/permit.js';
import { RouteSnapshot } from '../state/route-snapshot.js';
import type { Refusal, RoutingState } from '../state/routing-state.js';

/** What tables share: the mutable state, which none of them owns. */
export interface SharedState {
  readonly backends: BackendStates;
  readonly consumers: ConsumerLimiters;
  readonly routing: RoutingState;
}

/**
 * One table in use: what was worked out for it, and the requests that hold it. A request keeps the table it started
 * with, its retries included; the last one to leave a superseded table lets go of its state.
 */
export class PinnedTable implements ImaginedState {
  readonly view: TableView;
  readonly authenticator: Authenticator;
  /** Requests that hold it, and one for being current. */
  private holders = 1;
  private readonly shared: SharedState;
  private readonly onReleased: (table: PinnedTable) => void;
  private readonly backends = new Map<string, BackendState>();
  private readonly routes = new Map<RouteEntry, PreparedRoute>();

  constructor(view: TableView, shared: SharedState, onReleased: (table: PinnedTable) => void) {
    this.view = view;
    this.shared = shared;
    this.onReleased = onReleased;
    this.authenticator = new Authenticator(view, shared.consumers);
  }

  pin(): void {
    this.holders += 1;
  }

  release(): void {
    this.holders -= 1;
    if (this.holders > 0) return;
    for (const [backend, state] of this.backends) this.shared.backends.release(backend, state);
    this.backends.clear();
    this.onReleased(this);
  }

  /** The route that answers for a model; undefined: none does. */
  routeFor(owner: AuthenticatedConsumer, model: string): PreparedRoute | 'NotAllowed' | undefined {
    const known = owner.knownRoute(model);
    if (known !== undefined) return known;
    const { namespace, labels } = owner.consumer;
    const entry = this.view.route(namespace, model, labels);
    if (entry === undefined) return undefined;
    if (!owner.mayUse(model)) return 'NotAllowed';
    let route = this.routes.get(entry);
    if (route === undefined) {
      route = prepareRoute(entry, this.view);
      this.routes.set(entry, route);
    }
    owner.rememberRoute(model, route);
    return route;
  }

  backend(candidate: Candidate): BackendState {
    let state = this.backends.get(candidate.backend);
    if (state === undefined) {
      state = this.shared.backends.acquire(candidate);
      this.backends.set(candidate.backend, state);
    }
    return state;
  }

  breaker(candidate: Candidate): BreakerState {
    return this.backend(candidate).breaker.state;
  }

  keys(candidate: Candidate): KeyIndexView {
    return this.backend(candidate).keys;
  }

  connections(candidate: Candidate): ConnectionsView {
    return this.backend(candidate).connections;
  }

  retryBalance(route: RouteEntry, nowMs: number): number {
    return this.shared.routing.retryBalance(route, nowMs);
  }

  queueDepth(pool: string): number {
    return this.shared.routing.queueDepth(pool);
  }

  arrive(route: RouteEntry, nowMs: number): void {
    this.shared.routing.arrive(route, nowMs);
  }

  advance(nowMs: number): void {
    this.shared.routing.advance(nowMs);
  }

  /** Takes all that the attempt needs, or nothing: one step, nothing in between. */
  admit(plan: AttemptPlan, nowMs: number): Permit | Refusal {
    return this.shared.routing.admit(this.backend(plan.candidate), plan, nowMs);
  }

  /** A copy of the state that requests of a route meet, to imagine with. */
  snapshot(route: PreparedRoute): RouteSnapshot {
    const { backends, routing } = this.shared;
    return new RouteSnapshot(
      route,
      routing,
      (candidate) => this.backends.get(candidate.backend) ?? backends.find(candidate),
    );
  }
}

/** The current table and those that requests still hold. */
export class PinnedTables {
  private newest: PinnedTable | undefined;
  /** Made, and not served yet. */
  private next: PinnedTable | undefined;
  private readonly held = new Set<PinnedTable>();
  private readonly shared: SharedState;

  constructor(tables: TableHolder, shared: SharedState) {
    this.shared = shared;
    tables.onPrepare((view) => this.prepare(view));
    tables.onSwap(() => this.swap());
    if (tables.current === undefined) return;
    this.prepare(tables.current);
    this.swap();
  }

  /** undefined: no table has arrived yet. */
  get current(): PinnedTable | undefined {
    return this.newest;
  }

  get live(): Iterable<PinnedTable> {
    return this.held;
  }

  private prepare(view: TableView): void {
    this.next = new PinnedTable(view, this.shared, (table) => this.held.delete(table));
  }

  /** To the one that was prepared last. */
  private swap(): void {
    const { newest: previous, next } = this;
    if (next === undefined) return;
    this.newest = next;
    this.next = undefined;
    this.held.add(next);
    previous?.release();
  }
}
