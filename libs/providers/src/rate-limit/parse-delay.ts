/** Longer than any pause anyone should ask for, and far below the 2^31 ms at which a timer fires at once. */
export const maxDelayMs = 24 * 60 * 60 * 1000;

/**
 * Milliseconds to wait, from the headers of an answer; undefined if they don't say. `retry-after-ms` is the more
 * exact and wins; else `retry-after` as seconds, an HTTP date (RFC 9110, 10.2.3) or a Go duration. What is none of these
 * counts as not said: guessing would turn "0x10" into 0 and "120" into a date of the year 120.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const exact = decimal(headers['retry-after-ms']);
  if (exact !== undefined) return clampDelay(exact);
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  const seconds = decimal(value);
  if (seconds !== undefined) return clampDelay(seconds * 1000);
  const at = httpDateMs(value);
  if (at !== undefined) return clampDelay(at - nowMs);
  return goDurationMs(value);
}

/** Rounded up, as earlier than asked is too early; into 0..maxDelayMs. */
export function clampDelay(ms: number): number {
  return Math.min(maxDelayMs, Math.max(0, Math.ceil(ms)));
}

/** Digits with an optional fraction, nothing else; undefined otherwise. */
export function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d{1,15}(\.\d{1,9})?\s*$/.test(value) ? Number(value) : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** `6m0s`, `12ms`, `1.5s`: clamped; undefined if it isn't a Go duration. */
export function goDurationMs(value: string): number | undefined {
  if (!/^(\d{1,12}(\.\d{1,9})?(h|ms|m|s|us|µs|ns)){1,7}$/.test(value)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of value.matchAll(/([\d.]+)([a-zµ]+)/g)) ms += Number(amount) * unitMs[unit!]!;
  // A sum of fractions may lie a rounding error above the whole millisecond that is meant.
  return clampDelay(Math.round(ms * 1e6) / 1e6);
}

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Epoch ms of an HTTP date in its one current form; undefined otherwise. */
export function httpDateMs(value: string): number | undefined {
  if (!imfFixdate.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
