import type { ErrorClass } from '#libs/inference';
import type { KeyPoolEntry } from '#libs/routing-table';
import type { RestCause } from './keys/obstacles.js';

/**
 * A key's pause, as a reducer. Kept by credential version, so that a rotated key starts fresh, and for one model or for
 * all: what a provider says of one model doesn't keep the key from the others.
 *
 * RateLimited: what the upstream asked for, else `rateLimitMs` doubled with each pause that follows another without a
 * success between them; at most `maxRateLimitMs`. A later 429 extends a running pause and never shortens it; those of
 * requests that were under way together count as one. QuotaExhausted: `quotaMs`, or longer if asked for; then the key is
 * on trial, one request at a time, until one succeeds: nobody knows when an account is paid. Auth: until rotated, or as
 * configured. Everything else is not the key's fault.
 */
export interface Cooldown {
  /** 0: available. Infinity: until rotated. */
  readonly untilMs: number;
  /** Why it rests, or rested last. */
  readonly cause: RestCause;
  /** Rate-limit pauses since the last success. */
  readonly rateLimits: number;
  /** Its quota was used up, and no request has shown since that there is one again. */
  readonly onTrial: boolean;
}

export const notCooling: Cooldown = { untilMs: 0, cause: 'RateLimited', rateLimits: 0, onTrial: false };

/** There is no value to use, until there is one. */
export const unresolved: Cooldown = { untilMs: Infinity, cause: 'Unresolved', rateLimits: 0, onTrial: false };

/** What an attempt with the key came to. */
export interface KeyReport {
  /** undefined: the attempt succeeded. */
  readonly errorClass: ErrorClass | undefined;
  readonly retryAfterMs: number | undefined;
  readonly nowMs: number;
}

/** Of which of a key's two pauses an outcome speaks, unless the provider says otherwise: limits are a model's. */
export function isAboutModel(errorClass: ErrorClass | undefined): boolean {
  return errorClass === 'RateLimited';
}

/** Returns the same object where nothing changes. */
export function cooldownAfter(state: Cooldown, policy: KeyPoolEntry['cooldown'], report: KeyReport): Cooldown {
  const { errorClass, retryAfterMs, nowMs } = report;
  switch (errorClass) {
    case undefined:
      return nowMs < state.untilMs || isFresh(state) ? state : notCooling;
    case 'RateLimited':
      return rateLimited(state, policy, retryAfterMs, nowMs);
    case 'QuotaExhausted':
      return extended(state, 'QuotaExhausted', nowMs + Math.max(policy.quotaMs, retryAfterMs ?? 0));
    case 'Auth':
      return extended(state, 'Auth', policy.auth === 'UntilRotated' ? Infinity : nowMs + policy.auth);
    default:
      return state;
  }
}

/** Its time is over. What was learnt of the key stays: how often it was limited, and that its quota was used up. */
export function cooldownOver(state: Cooldown): Cooldown {
  return { ...state, untilMs: 0 };
}

function isFresh({ rateLimits, onTrial, untilMs }: Cooldown): boolean {
  return rateLimits === 0 && !onTrial && untilMs === 0;
}

function rateLimited(
  state: Cooldown,
  policy: KeyPoolEntry['cooldown'],
  retryAfterMs: number | undefined,
  nowMs: number,
): Cooldown {
  const isResting = nowMs < state.untilMs;
  const rateLimits = isResting ? state.rateLimits : state.rateLimits + 1;
  const ownMs = policy.rateLimitMs * 2 ** Math.max(0, rateLimits - 1);
  const untilMs = nowMs + Math.min(policy.maxRateLimitMs, retryAfterMs ?? ownMs);
  if (isResting && untilMs <= state.untilMs) return state;
  return { untilMs, cause: 'RateLimited', rateLimits, onTrial: state.onTrial };
}

function extended(state: Cooldown, cause: RestCause, untilMs: number): Cooldown {
  if (untilMs <= state.untilMs) return state;
  return { untilMs, cause, rateLimits: state.rateLimits, onTrial: state.onTrial || cause === 'QuotaExhausted' };
}
