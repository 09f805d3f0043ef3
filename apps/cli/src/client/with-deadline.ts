export interface DeadlineOptions {
  readonly timeoutMs: number;
  /** Ends the wait early. */
  readonly interrupted: AbortSignal;
}

/** What a timer takes: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs `wait` with something that is aborted when the time is over, by an interruption, or by `wait` itself. A timer of
 * its own, not `AbortSignal.timeout` in an `AbortSignal.any`: Node 20 may collect that as garbage, and it never fires.
 */
export async function withDeadline<T>(
  { timeoutMs, interrupted }: DeadlineOptions,
  wait: (end: AbortController) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const abort = (): void => end.abort();
  const timer = setTimeout(abort, Math.min(timeoutMs, LONGEST_MS));
  interrupted.addEventListener('abort', abort);
  if (interrupted.aborted) abort();
  try {
    return await wait(end);
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener('abort', abort);
  }
}
