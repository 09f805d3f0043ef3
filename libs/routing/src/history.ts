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

/** An entry whose attempt has failed. */
export interface Failure extends HistoryEntry {
  readonly outcome: ErrorClass;
}

export type History = readonly HistoryEntry[];

function isFailure(entry: HistoryEntry): entry is Failure {
  return entry.outcome !== 'Pending' && entry.outcome !== 'Success';
}

/** The failed attempts, the one that ended last first; of equals the one started last. */
export function failuresOf(history: History): readonly Failure[] {
  const failures = history.filter(isFailure).reverse();
  // Stable, and nearly always sorted already: attempts end in the order they began in, but for those side by side.
  return failures.sort((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0));
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

const noKeys: readonly string[] = [];

/** Names of the keys of a pool that this request uses right now. */
export function busyKeys(history: History, pool: string): readonly string[] {
  let names: string[] | undefined;
  for (const entry of history) {
    if (entry.outcome === 'Pending' && entry.pool === pool) (names ??= []).push(entry.key);
  }
  return names ?? noKeys;
}
