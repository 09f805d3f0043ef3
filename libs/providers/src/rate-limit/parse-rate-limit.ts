import type { OpenAILikeVendor, QuotaSignal, Signal } from '../profile.js';
import { clampDelay, decimal, goDurationMs, retryAfterMs } from './parse-delay.js';

type Headers = Readonly<Record<string, string>>;

/**
 * The OpenAI family's headers: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, and for vendors that count one
 * thing only the same names without the last part, which then speak of requests.
 */
export function parseRateLimit(headers: Headers, nowMs: number, resetUnit: OpenAILikeVendor['resetUnit']): Signal {
  return {
    requests: quota(headers, '-requests', nowMs, resetUnit) ?? quota(headers, '', nowMs, resetUnit) ?? {},
    tokens: quota(headers, '-tokens', nowMs, resetUnit) ?? {},
    retryAfterMs: retryAfterMs(headers, nowMs),
  };
}

function quota(
  headers: Headers,
  suffix: string,
  nowMs: number,
  resetUnit: OpenAILikeVendor['resetUnit'],
): QuotaSignal | undefined {
  const limit = decimal(headers[`x-ratelimit-limit${suffix}`]);
  const remaining = decimal(headers[`x-ratelimit-remaining${suffix}`]);
  const resetMs = resetAfterMs(headers[`x-ratelimit-reset${suffix}`], nowMs, resetUnit);
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined;
  return { limit, remaining, resetMs };
}

/** -1 and other negatives (Azure) mean that it isn't known. */
function resetAfterMs(
  value: string | undefined,
  nowMs: number,
  resetUnit: OpenAILikeVendor['resetUnit'],
): number | undefined {
  const number = decimal(value);
  if (number !== undefined) return clampDelay(resetUnit === 'EpochMs' ? number - nowMs : number * 1000);
  return value === undefined ? undefined : goDurationMs(value.trim());
}
