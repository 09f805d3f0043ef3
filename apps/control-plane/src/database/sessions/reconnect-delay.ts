const BASE_MS = 100;
const MAX_MS = 5_000;

/** Milliseconds before try `failures` + 1: doubling, with full jitter above a floor, so that replicas don't return in step. */
export function reconnectDelayMs(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures, 10));
  return BASE_MS / 2 + random() * (ceiling - BASE_MS / 2);
}
