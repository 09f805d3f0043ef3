import type { Timers } from './timers.js';

/** Real time. Pending timers don't keep the process alive. */
export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after(delayMs, action) {
    const timeout = setTimeout(action, delayMs);
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};
