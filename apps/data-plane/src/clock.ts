/** What the request path knows of time. Injected, so that a week of traffic can run in virtual time. */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction; comparable within one process only. Deadlines and limits use this. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump. For people and for spans, never for a deadline. */
  epochMs(): number;
  /** Calls back once, after at least `delayMs`; does not keep the process alive. */
  setTimer(callback: () => void, delayMs: number): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimer(callback, delayMs) {
    const timeout = setTimeout(callback, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};
