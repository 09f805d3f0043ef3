import type { PoolKey } from '#libs/routing-table';
import type { Candidate } from './prepared-route.js';
import type { HistoryEntry } from './history.js';

/** What `decide` answers. Exactly one of the three. */
export type Decision =
  | { readonly attempts: readonly AttemptPlan[]; readonly wait?: undefined; readonly stop?: undefined }
  | { readonly wait: Wait; readonly attempts?: undefined; readonly stop?: undefined }
  | { readonly stop: Stop; readonly attempts?: undefined; readonly wait?: undefined };

/** Why this attempt is made: the first one, or which step after a failure. */
export type Step = 'First' | 'SameBackend' | 'NextKey' | 'NextBackend';

export interface AttemptPlan {
  readonly candidate: Candidate;
  /** Name of the key, id of its credential, identity of its limiter. */
  readonly key: PoolKey;
  readonly step: Step;
  /** True: the caller withdraws one retry from the route's budget when it starts this attempt. */
  readonly drawsOnRetryBudget: boolean;
  readonly timeouts: AttemptTimeouts;
}

/** All counted from the attempt's start, in ms. Already the least of what backend, route and request deadline allow. */
export interface AttemptTimeouts {
  readonly connectMs: number;
  /** Until the response's headers. */
  readonly firstByteMs: number;
  /** Until the commit point. Streams only. */
  readonly firstTokenMs: number;
  /** Between two reads of a stream, not from the start. */
  readonly streamIdleMs: number;
  /** The whole attempt. */
  readonly attemptMs: number;
}

/**
 * Call `decide` again, with an unchanged history, after `ms` or when what is waited for happens first:
 * `Backoff`, `RetryAfter`: only time passes. `Key`: a permit or a key of `pool` came back. `Pending`: an attempt ended.
 */
export interface Wait {
  readonly ms: number;
  readonly for: 'Backoff' | 'RetryAfter' | 'Key' | 'Pending';
  /** Key of the KeyPool entry; set for `Key`. */
  readonly pool?: string;
}

/** Every way a request ends without (another) attempt. The names are the user-facing error codes where they are one. */
export type StopCode =
  /** No rule of the route matches the request. */
  | 'no_matching_rule'
  /** Every backend is drained or its breaker is open. `retryAfterMs`: until the earliest may be probed. */
  | 'no_backend_available'
  /** Backends are there, but each key is cooling or at its limit. `retryAfterMs`: until the earliest cooldown ends. */
  | 'keys_exhausted'
  /** Backends are there, but no key will come back by itself: all refused, drained or missing. */
  | 'no_usable_key'
  /** The last outcome's class is never tried again: the client gets `last`. */
  | 'not_retryable'
  /** Attempts, retry rules or backends are used up: the client gets `last`. */
  | 'retries_exhausted'
  /** A retry was due, but the route's retry budget is empty: the client gets `last`. */
  | 'retry_budget_exhausted'
  /** The upstream asks for a longer wait than `maxRetryAfter` or the deadline leaves: the client gets `last`. */
  | 'retry_after_too_long'
  /** The client has seen part of an answer: nothing may follow it. */
  | 'committed'
  /** An attempt succeeded. */
  | 'answered'
  /** The time left is too short for another attempt. */
  | 'deadline_exceeded';

export interface Stop {
  readonly code: StopCode;
  /** For the client's Retry-After. Absent: unknown. */
  readonly retryAfterMs?: number;
  /** The last attempt that ended, if one did. */
  readonly last?: HistoryEntry;
}
