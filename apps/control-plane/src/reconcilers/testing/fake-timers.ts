import type { Timers } from '#libs/reconcile';
import type { FakeClock } from '#libs/testing';

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
