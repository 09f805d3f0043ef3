import type { ErrorClass } from '#libs/inference';
import type { KeyPoolEntry } from '#libs/routing-table';

/**
 * A key's pause, as a reducer. Kept by credential version, so that a rotated key starts fresh.
 *
 * RateLimited: what the upstream asked for, else `rateLimitMs` doubled with each pause that follows another without a
 * success between them; at most `maxRateLimitMs`. A later 429 extends a running pause and never shortens it; those of
 * requests that were under way together count as one. QuotaExhausted: `quotaMs`, or longer if asked for. Auth: until
 * rotated, or as configured. Everything else is not the key's fault.
 */
export interface Cooldown {
  /** 0: available. Infinity: until rotated. */
  readonly untilMs: number;
  /** Rate-limit pauses since the last success. */
  readonly rateLimits: number;
}

export const notCooling: Cooldown = { untilMs: 0, rateLimits: 0 };

/** `errorClass` undefined: the attempt succeeded. Returns the same object where nothing changes. */
export function cooldownAfter(
  state: Cooldown,
  policy: KeyPoolEntry['cooldown'],
  errorClass: ErrorClass | undefined,
  retryAfterMs: number | undefined,
  nowMs: number,
): Cooldown {
  switch (errorClass) {
    case undefined:
      return state.rateLimits === 0 || nowMs < state.untilMs ? state : notCooling;
    case 'RateLimited':
      return rateLimited(state, policy, retryAfterMs, nowMs);
    case 'QuotaExhausted':
      return extended(state, nowMs + Math.max(policy.quotaMs, retryAfterMs ?? 0));
    case 'Auth':
      return extended(state, policy.auth === 'UntilRotated' ? Infinity : nowMs + policy.auth);
    default:
      return state;
  }
}

function rateLimited(
  state: Cooldown,
  policy: KeyPoolEntry['cooldown'],
  retryAfterMs: number | undefined,
  nowMs: number,
): Cooldown {
  const rateLimits = nowMs < state.untilMs ? state.rateLimits : state.rateLimits + 1;
  const ownMs = policy.rateLimitMs * 2 ** Math.max(0, rateLimits - 1);
  const pauseMs = Math.min(policy.maxRateLimitMs, retryAfterMs ?? ownMs);
  return { untilMs: Math.max(state.untilMs, nowMs + pauseMs), rateLimits };
}

function extended(state: Cooldown, untilMs: number): Cooldown {
  return untilMs <= state.untilMs ? state : { untilMs, rateLimits: state.rateLimits };
}
