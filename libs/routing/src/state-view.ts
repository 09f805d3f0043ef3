import type { PoolKey, RouteEntry } from '#libs/routing-table';
import type { BreakerState } from './breaker.js';
import type { Candidate } from './prepared-route.js';

/**
 * The mutable state of a data plane as `decide` may see it: read only. Each method is called on the hot path and takes
 * the candidate itself, so that an implementation may keep the state it found beside it.
 */
export interface StateView {
  /** The breaker named by `candidate.entry.breakerId`; undefined: never used, so closed. */
  breaker(candidate: Candidate): BreakerState | undefined;
  /** The keys of `candidate.pool` that serve `candidate.entry.model`. */
  keys(candidate: Candidate): KeyIndexView;
  /** Retries that the route's budget still allows. */
  retryBalance(route: RouteEntry, nowMs: number): number;
  /** Requests waiting for a key of this pool, the asking one not counted. */
  queueDepth(pool: string): number;
}

/** Reading an incremental index of keys. No method reserves anything. */
export interface KeyIndexView {
  /** An available key outside `exclude` (key names), by the pool's selection; undefined: none. `random` in [0, 1). */
  pick(nowMs: number, random: number, exclude: readonly string[]): PoolKey | undefined;
  /** When the earliest cooling key comes back; `nowMs` if one is available, Infinity if time alone brings none back. */
  nextAvailableMs(nowMs: number): number;
  /** True: a key is held back by its concurrency limit alone, so that a finished request frees it. */
  isSaturated(nowMs: number): boolean;
}
