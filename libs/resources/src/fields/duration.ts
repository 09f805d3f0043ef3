import { z } from 'zod';

const pattern = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;
const unitMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** Timers of a runtime end at 2^31 ms, about 24 days; a week is longer than anything here should wait. */
const maxMs = 7 * 24 * unitMs.h;

/** Milliseconds of a duration such as `1m30s`. Throws a RangeError on any other form. */
export function durationMs(text: string): number {
  if (!pattern.test(text)) throw new RangeError('a duration looks like 500ms, 30s or 1h30m');
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(h|ms|m|s)/g)) {
    total += Number(count) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

/** A bare number is the commonest slip; seconds are what it mostly means. */
function withUnit({ input }: { readonly input?: unknown }): string | undefined {
  if (typeof input !== 'number') return undefined;
  return `must be a duration with a unit, not a number: ${input}s, ${input}m or ${input}ms`;
}

/** A duration of 1 ms (`orZero`: 0) to a week. */
export function duration(description: string, { orZero = false } = {}): z.ZodString {
  return z
    .string({ error: withUnit })
    .regex(pattern, { error: 'must be a duration such as 500ms, 30s or 1h30m', abort: true })
    .refine((text) => orZero || durationMs(text) > 0, { error: 'must be longer than 0; leave the field out instead' })
    .refine((text) => durationMs(text) <= maxMs, { error: 'must be at most 168h' })
    .meta({ description });
}
