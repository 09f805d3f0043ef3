/** Results by tenth of the window. `counts[2i]`: all, `counts[2i + 1]`: failures, of the bucket whose tick is i mod 10. */
export interface FailureWindow {
  readonly tick: number;
  readonly counts: readonly number[];
}

export interface WindowCounts {
  readonly results: number;
  readonly failures: number;
}

export interface WindowChange extends WindowCounts {
  readonly nowMs: number;
  readonly windowMs: number;
}

const buckets = 10;
export const emptyWindow: FailureWindow = { tick: 0, counts: Array.from({ length: 2 * buckets }, () => 0) };

/** Buckets between the last tick and this one are empty. A clock that went back counts into the newest bucket. */
export function recorded(window: FailureWindow, { results, failures, nowMs, windowMs }: WindowChange): FailureWindow {
  const tick = Math.max(Math.floor((nowMs * buckets) / windowMs), window.tick);
  const counts = window.counts.slice();
  for (let stale = Math.max(window.tick + 1, tick - buckets + 1); stale <= tick; stale++) {
    counts[2 * (stale % buckets)] = 0;
    counts[2 * (stale % buckets) + 1] = 0;
  }
  const at = 2 * (tick % buckets);
  counts[at] = counts[at]! + results;
  counts[at + 1] = counts[at + 1]! + failures;
  return { tick, counts };
}

/** What stood in the window at the last result. */
export function countsOf({ counts }: FailureWindow): WindowCounts {
  let results = 0;
  let failures = 0;
  for (let i = 0; i < counts.length; i += 2) {
    results += counts[i]!;
    failures += counts[i + 1]!;
  }
  return { results, failures };
}
