import type { Logger } from '#libs/telemetry';
import type { LeadershipListener } from './leader-election.js';

/** Who leads, and since when, is the first thing to know of conditions that nobody writes. */
export function leadershipLog(logger: Logger, holder: string): LeadershipListener {
  return {
    gained: ({ epoch }) => logger.info({ holder, epoch }, 'this replica leads'),
    lost: ({ epoch, ended }) =>
      logger.info({ holder, epoch, reason: (ended.reason as Error).message }, 'this replica leads no longer'),
  };
}
