import type { Timers } from '#libs/clock';
import type { FakeClock } from './fake-clock.js';

/** The queues' timers on virtual time. */
export function timersOf(clock: FakeClock): Timers {
  return {
    nowMs: clock.now,
    after(delayMs, action) {
      const id = clock.setTimeout(action, delayMs);
      return () => clock.clear(id);
    },
  };
}
