import type { Clock } from './clock.js';

/** Real time. Pending timers don't keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  after(delayMs, action) {
    const timeout = setTimeout(action, delayMs);
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};
