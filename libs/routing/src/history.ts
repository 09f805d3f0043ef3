import type { ErrorClass, Progress } from '#libs/inference';

/** One attempt of a request, running or ended, as `decide` sees it. Times are epoch or monotonic ms, but all the same. */
export interface HistoryEntry {
  /** Key of the Backend entry. */
  readonly backend: string;
  /** Key of the KeyPool entry. */
  readonly pool: string;
  /** Name of the key in its pool. */
  readonly key: string;
  readonly outcome: 'Pending' | 'Success' | ErrorClass;
  readonly progress: Progress;
  /** What the upstream asked for, counted from `endedMs`. */
  readonly retryAfterMs?: number;
  readonly startedMs: number;
  /** Absent while pending. */
  readonly endedMs?: number;
}

export type History = readonly HistoryEntry[];

/** Of the ended attempts the one that ended last; of equals the one started last. */
export function lastEnded(history: History): HistoryEntry | undefined {
  let last: HistoryEntry | undefined;
  for (const entry of history) {
    if (entry.outcome === 'Pending') continue;
    if (last === undefined || (entry.endedMs ?? 0) >= (last.endedMs ?? 0)) last = entry;
  }
  return last;
}

export function hasPending(history: History): boolean {
  for (const entry of history) if (entry.outcome === 'Pending') return true;
  return false;
}

export function hasTried(history: History, backend: string): boolean {
  for (const entry of history) if (entry.backend === backend) return true;
  return false;
}

/** Names of the keys of a pool that this request has used. */
export function triedKeys(history: History, pool: string): readonly string[] {
  const names: string[] = [];
  for (const entry of history) if (entry.pool === pool) names.push(entry.key);
  return names;
}

/** How often a backend has failed this request: the exponent of the next back-off. */
export function failuresOf(history: History, backend: string): number {
  let failures = 0;
  for (const entry of history) {
    if (entry.backend === backend && entry.outcome !== 'Pending' && entry.outcome !== 'Success') failures++;
  }
  return failures;
}
