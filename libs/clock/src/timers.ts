/** Time as the queues see it: real in a process, virtual in a test. */
export interface Timers {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}
