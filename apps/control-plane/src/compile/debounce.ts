export interface DebounceLimits {
  /** Changes that come closer than this are one. */
  readonly quietMs: number;
  /** No change waits longer, however many follow it. */
  readonly longestWaitMs: number;
}

export interface DebounceState {
  /** When the last run began; before all time if none has. */
  readonly ranAtMs: number;
  /** First and last change that no run has taken yet. */
  readonly pending?: { readonly firstMs: number; readonly lastMs: number };
}

export const idle: DebounceState = { ranAtMs: -Infinity };

/**
 * A change happened: returns the new state, and when to run. After a quiet time a run is due at once, so that a single
 * change pays nothing; those that follow on its heels wait for quiet, but never longer than the longest wait.
 */
export function changed(
  state: DebounceState,
  nowMs: number,
  { quietMs, longestWaitMs }: DebounceLimits,
): readonly [DebounceState, dueMs: number] {
  const pending = { firstMs: state.pending?.firstMs ?? nowMs, lastMs: nowMs };
  const next = { ...state, pending };
  if (!state.pending && nowMs - state.ranAtMs >= quietMs) return [next, nowMs];
  return [next, Math.min(pending.lastMs + quietMs, pending.firstMs + longestWaitMs)];
}

/** A run began, and takes all that was pending. */
export function ran(nowMs: number): DebounceState {
  return { ranAtMs: nowMs };
}
