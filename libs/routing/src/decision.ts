import type { PoolKey, RouteEntry } from '#libs/routing-table';
import type { Candidate } from './candidate.js';
import type { HistoryEntry } from './history.js';
import type { PassedOver } from './passed-over.js';

/** What `decide` answers. Exactly one of the three. */
export type Decision =
  | {
      /** At least one. The caller starts all of them. */
      readonly attempts: readonly AttemptPlan[];
      /** The candidates that were looked at before these; empty where the first choice could serve. */
      readonly passedOver: readonly PassedOver[];
      /** Another may be due beside these later: once they run, `decide` says when. */
      readonly mayAdd?: true;
      readonly wait?: undefined;
      readonly stop?: undefined;
    }
  | { readonly wait: Wait; readonly attempts?: undefined; readonly stop?: undefined }
  | { readonly stop: Stop; readonly attempts?: undefined; readonly wait?: undefined };

/** Why this attempt is made: the first one, beside one that is slow, or which step after a failure. */
export type Step = 'First' | 'Hedge' | 'SameBackend' | 'NextKey' | 'NextBackend';

export interface AttemptPlan {
  readonly route: RouteEntry;
  readonly candidate: Candidate;
  /** Name of the key, id of its credential, identity of its limiter. */
  readonly key: PoolKey;
  readonly step: Step;
  /** True: admitting it withdraws one retry from the route's budget. */
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
 * `Backoff`, `RetryAfter`: only time passes. `Key`, `Connection`: something came back to one of `pools` or `connections`.
 * `Pending`: an attempt ended; where `ms` is over first, a hedge is due.
 */
export interface Wait {
  readonly ms: number;
  readonly for: 'Backoff' | 'RetryAfter' | 'Key' | 'Connection' | 'Pending';
  /** Keys of the KeyPool entries of which a freed key could serve this request; with `Key` and `Connection`. */
  readonly pools: readonly string[];
  /** Identities (`ConnectionsView.id`) of the connections of which a freed one could serve it. */
  readonly connections: readonly string[];
  readonly passedOver: readonly PassedOver[];
}

/** Every way a request ends without (another) attempt. The names are the user-facing error codes where they are one. */
export type StopCode =
  /** No rule of the route matches the request. */
  | 'no_matching_rule'
  /** Every backend is drained, blocked by its breaker or without a connection. `retryAfterMs`: until the earliest may be back. */
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
  /** The very entry of the history that the client's error is made of; absent: no attempt has ended. */
  readonly last?: HistoryEntry;
  readonly passedOver: readonly PassedOver[];
}
