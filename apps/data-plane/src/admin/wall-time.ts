import type { Clock } from '#libs/clock';

/** A time of the monotonic clock as people write it. null: never, or until something else happens. */
export function wallTime(clock: Pick<Clock, 'nowMs' | 'epochMs'>, atMs: number): string | null {
  if (!Number.isFinite(atMs)) return null;
  return new Date(clock.epochMs() + (atMs - clock.nowMs())).toISOString();
}
