import { type AttemptPlan, breakerAdmits, type BreakerState, type PassedOverReason } from '#libs/routing';
import type { RouteEntry } from '#libs/routing-table';
import type { CredentialSource } from '../credentials/credential-source.js';
import { BackendLoads } from './backend-loads.js';
import { Breakers } from './breakers.js';
import { ConnectionLimiters } from './connection-limiter.js';
import { CredentialHealth, type EndedRest } from './credential-health.js';
import type { StateListener } from './events.js';
import { KeyLimiters } from './key-limiter.js';
import { Permit, type PermitHome } from './permit.js';
import { RetryBudgets } from './retry-budgets.js';
import type { BackendSeat } from './seat.js';
import { always, WaitingLines } from './waiting-lines.js';

/** Why an attempt that was planned can't start: state has moved since. The loop decides anew. */
export type Refusal = Extract<
  PassedOverReason,
  'BreakerOpen' | 'ProbesTaken' | 'ConnectionLimit' | 'NoCredential' | 'KeysSaturated'
>;

/** What outlives tables and decides where attempts may go: breakers, pauses of keys, limits, and who waits for them. */
export class RoutingState implements PermitHome {
  readonly lines = new WaitingLines();
  readonly breakers: Breakers;
  readonly credentials: CredentialHealth;
  readonly keyLimiters = new KeyLimiters();
  readonly connections = new ConnectionLimiters(this.lines);
  readonly loads = new BackendLoads();
  readonly retryBudgets = new RetryBudgets();
  /** Permits given and taken back since the start. */
  given = 0;
  returned = 0;

  private readonly source: CredentialSource;

  constructor(source: CredentialSource, listener: StateListener) {
    this.source = source;
    this.breakers = new Breakers(listener);
    this.credentials = new CredentialHealth(source, listener, (pool) => this.lines.wake(always(pool)));
  }

  /** With the same credentials and nothing else in it; nobody hears of what changes there. */
  emptyCopy(): RoutingState {
    return new RoutingState(this.source, () => {});
  }

  /** A request has come to the route. */
  arrive(route: RouteEntry, nowMs: number): void {
    this.retryBudgets.of(route).request(nowMs);
  }

  /** Brings back what time brings back. Called before a decision. */
  advance(nowMs: number): void {
    this.credentials.advance(nowMs);
  }

  /** Takes all that the attempt needs, or nothing. */
  admit(seat: BackendSeat, plan: AttemptPlan, nowMs: number): Permit | Refusal {
    const { breaker, connections, entry, keys } = seat;
    const { key } = plan;
    // First: a value that is found new wakes others, who may take what is looked at below. A key without a value has left
    // the index after this, so that the next decision can't choose it.
    const credential = this.credentials.resolve(key);
    if (!breakerAdmits(breaker.state, entry.breaker, nowMs)) {
      return breaker.state.phase === 'Open' ? 'BreakerOpen' : 'ProbesTaken';
    }
    if (connections.inUse >= entry.connections.max) return 'ConnectionLimit';
    if (credential === undefined) return 'NoCredential';
    if (!keys.isAvailable(key)) return 'KeysSaturated';
    const epoch = this.breakers.started(breaker, nowMs);
    const limiter = this.keyLimiters.of(key);
    const isTrial = this.credentials.begins(key);
    limiter.take();
    connections.inUse += 1;
    seat.load.inFlight += 1;
    keys.taken(key);
    if (plan.drawsOnRetryBudget) this.retryBudgets.of(plan.route).retry(nowMs);
    this.given += 1;
    return new Permit(this, { plan, seat, credential, limiter, epoch, isTrial });
  }

  /** By a person. Returns the phase it was in; undefined: there is no such breaker. */
  resetBreaker(id: string, nowMs: number): BreakerState['phase'] | undefined {
    const cell = this.breakers.byId.find(id);
    if (cell === undefined) return undefined;
    const phase = this.breakers.reset(cell, nowMs);
    // Requests wait for keys, not for a breaker; which of them it would serve, they find out.
    this.lines.wakeAll();
    return phase;
  }

  /** By a person. undefined: there is no such credential. */
  resetCredential(id: string): EndedRest | undefined {
    const state = this.credentials.byId.find(id);
    return state && this.credentials.reset(state);
  }

  retryBalance(route: RouteEntry, nowMs: number): number {
    return this.retryBudgets.balance(route, nowMs);
  }

  queueDepth(pool: string): number {
    return this.lines.depth(pool);
  }
}
