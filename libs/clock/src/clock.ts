/** Time and timers: real in a process, virtual in a test, so that a week of traffic takes a moment. */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction; comparable within one process only. Deadlines and limits use this. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump. For people, records and spans, never for a deadline. */
  epochMs(): number;
  /** Calls `action` once, after at least `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): Cancel;
}

/** After the action it does nothing. */
export type Cancel = () => void;
