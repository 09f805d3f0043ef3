import type { CommandResult } from '#libs/control-protocol';
import type { Runtime } from '../pipeline/runtime.js';

/** What was done, and a line for people that may be empty. */
export interface Reset {
  readonly result: Exclude<CommandResult, 'Failed'>;
  readonly message: string;
}

/** The state that people may reset. */
export interface ResettableState {
  /** `id`: `<namespace>/<provider>/<model>`. */
  resetBreaker(id: string): Reset;
  resetCooldown(credential: string): Reset;
}

/** The state of the request path. */
export function resettableState({ routing, clock }: Pick<Runtime, 'routing' | 'clock'>): ResettableState {
  return {
    resetBreaker: (id) => {
      const phase = routing.resetBreaker(id, clock.nowMs());
      if (phase === undefined) return { result: 'Unknown', message: 'it has sent nothing there yet' };
      if (phase === 'Closed') return { result: 'Unchanged', message: 'it was closed; its counts begin anew' };
      return { result: 'Reset', message: phase === 'Open' ? 'it was open' : 'it was half-open' };
    },
    resetCooldown: (credential) => {
      const ended = routing.resetCredential(credential);
      if (ended === undefined) return { result: 'Unknown', message: 'it has sent nothing with this key yet' };
      const leftMs = ended.untilMs - clock.nowMs();
      if (leftMs <= 0 && ended.wasOnTrial)
        return { result: 'Reset', message: 'it was on trial: one request at a time' };
      if (leftMs <= 0) return { result: 'Unchanged', message: 'the key was not paused' };
      const until = leftMs === Infinity ? 'until its value changed' : `for another ${Math.ceil(leftMs / 1_000)} s`;
      return { result: 'Reset', message: `it was paused ${until}` };
    },
  };
}
