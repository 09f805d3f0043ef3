import type { PoolKey, RouteEntry } from '#libs/routing-table';
import type { BreakerState } from './breaker.js';
import type { KeyObstacle } from './keys/obstacles.js';
import type { Candidate } from './candidate.js';

/**
 * The mutable state of a data plane as `decide` may see it. It reads, and only reads: asking twice, or about another
 * time, changes nothing. What time brings back is there after its owner has advanced to that time (`Advancing`).
 * Each method is called on the hot path and takes the candidate itself, so that an implementation may keep the state it
 * found beside it.
 */
export interface StateView {
  /** The breaker named by `candidate.entry.breakerId`; undefined: never used, so closed. */
  breaker(candidate: Candidate): BreakerState | undefined;
  /** The keys of `candidate.pool` that serve `candidate.entry.model`. */
  keys(candidate: Candidate): KeyIndexView;
  /** The connections that an attempt at the candidate would need one of. */
  connections(candidate: Candidate): ConnectionsView;
  /** Retries that the route's budget still allows. */
  retryBalance(route: RouteEntry, nowMs: number): number;
  /** Requests waiting for a key of this pool, the asking one not counted. */
  queueDepth(pool: string): number;
}

/** What the loop calls before it decides: keys whose pause is over are there again. Times may only rise. */
export interface Advancing {
  advance(nowMs: number): void;
}

/** Reading an incremental index of keys, as of the last `advance`. No method reserves anything. */
export interface KeyIndexView {
  /** An available key outside `exclude` (key names), by the pool's selection; undefined: none. `random` in [0, 1). */
  pick(random: number, exclude: readonly string[]): PoolKey | undefined;
  /** True: some key is available. */
  readonly hasAny: boolean;
  /** When the earliest cooling key comes back; Infinity: time alone brings none back. */
  readonly backAtMs: number;
  /** True: a key is held back only by requests under way, so that one that ends frees it. */
  readonly isSaturated: boolean;
  /** What keeps the keys back; only of interest where none is available. */
  readonly obstacle: KeyObstacle;
}

/** Connections to one target, as far as permits are out for them. */
export interface ConnectionsView {
  /** Everything that shares the connections has it. */
  readonly id: string;
  readonly inUse: number;
  /** Requests waiting for one, the asking one not counted. */
  readonly waiting: number;
}
