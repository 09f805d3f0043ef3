export interface ReconnectOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Exponential back-off with full jitter: any time up to base x 2^attempt, capped. So a control plane that comes back
 * meets its data planes spread over time.
 */
export function reconnectDelayMs(attempt: number, { baseMs, maxMs, random }: ReconnectOptions): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}
