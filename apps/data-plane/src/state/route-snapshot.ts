import {
  type AttemptPlan,
  type BreakerState,
  type Candidate,
  type ConnectionsView,
  type ImaginedState,
  KeyIndex,
  type KeyIndexView,
  type PreparedRoute,
} from '#libs/routing';
import type { RouteEntry } from '#libs/routing-table';
import { connectionsId } from './connection-limiter.js';
import type { Permit } from './permit.js';
import type { Refusal, RoutingState } from './routing-state.js';
import type { BackendSeat } from './seat.js';

/**
 * A copy of the state that requests of one route meet, as it was when it was made. What is imagined with it (attempts that
 * are admitted, succeed, fail) follows the same code as what happens, and happens nowhere else.
 */
export class RouteSnapshot implements ImaginedState {
  private readonly routing: RoutingState;
  private readonly seats = new Map<string, BackendSeat>();

  /** `seatOf`: where a candidate's state is kept, if it has been used; reading it makes none. */
  constructor(
    route: PreparedRoute,
    from: RoutingState,
    seatOf: (candidate: Candidate) => Pick<BackendSeat, 'keys'> | undefined,
  ) {
    this.routing = from.emptyCopy();
    this.routing.retryBudgets.adopt(route.entry, from.retryBudgets);
    for (const candidate of candidatesOf(route)) {
      if (!this.seats.has(candidate.backend)) this.adopt(candidate, from, seatOf(candidate)?.keys);
    }
  }

  breaker(candidate: Candidate): BreakerState {
    return this.seat(candidate).breaker.state;
  }

  keys(candidate: Candidate): KeyIndexView {
    return this.seat(candidate).keys;
  }

  connections(candidate: Candidate): ConnectionsView {
    return this.seat(candidate).connections;
  }

  retryBalance(route: RouteEntry, nowMs: number): number {
    return this.routing.retryBalance(route, nowMs);
  }

  queueDepth(pool: string): number {
    return this.routing.queueDepth(pool);
  }

  arrive(route: RouteEntry, nowMs: number): void {
    this.routing.arrive(route, nowMs);
  }

  advance(nowMs: number): void {
    this.routing.advance(nowMs);
  }

  admit(plan: AttemptPlan, nowMs: number): Permit | Refusal {
    return this.routing.admit(this.seat(plan.candidate), plan, nowMs);
  }

  private seat({ backend }: Candidate): BackendSeat {
    const seat = this.seats.get(backend);
    if (seat === undefined) throw new Error(`${backend} is no candidate of the route that was copied`);
    return seat;
  }

  private adopt({ backend, entry, pool }: Candidate, from: RoutingState, live: KeyIndex | undefined): void {
    const { routing } = this;
    const breaker = from.breakers.byId.find(entry.breakerId);
    if (breaker !== undefined) routing.breakers.adopt(breaker);
    for (const key of pool.keys) {
      const credential = from.credentials.byId.find(key.credential);
      if (credential !== undefined) routing.credentials.adopt(credential);
      routing.keyLimiters.adopt(key, from.keyLimiters);
    }
    routing.lines.adopt(entry.keyPool, from.lines);
    const connections = connectionsId(entry);
    routing.connections.adopt(connections, from.connections);
    const keys = live?.copy() ?? new KeyIndex(pool, entry.model);
    routing.credentials.watch(keys, entry, pool);
    routing.keyLimiters.watch(keys, pool);
    this.seats.set(backend, {
      entry,
      pool,
      breaker: routing.breakers.of(entry),
      keys,
      connections: routing.connections.acquire(connections),
      load: routing.loads.acquire(backend, entry),
    });
  }
}

function* candidatesOf({ rules }: PreparedRoute): Iterable<Candidate> {
  for (const { tiers, fallbacks } of rules) {
    for (const { list } of [tiers, ...Object.values(fallbacks)]) for (const tier of list) yield* tier.candidates;
  }
}
