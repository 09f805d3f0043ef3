import type { Logger } from '#libs/telemetry';
import type { DatabaseOptions } from './data-source.js';

/** One line in so much time for each part that has lost the database: all of them try again, every few seconds. */
const QUIET_MS = 10_000;

/** How the parts that use the database by themselves say what happened to it, without filling a disk while it is away. */
export function databaseLog(
  logger: Logger,
  nowMs: () => number,
): Required<Pick<DatabaseOptions, 'onError' | 'onAnswer' | 'lineage'>> {
  const said = new Map<string, { atMs: number; unsaid: number; lostAtMs: number | undefined }>();
  let isUnknown = false;
  return {
    onError: (where, error) => {
      const last = said.get(where);
      if (last && nowMs() - last.atMs < QUIET_MS) {
        last.unsaid += 1;
        return;
      }
      const failures = (last?.unsaid ?? 0) + 1;
      said.set(where, { atMs: nowMs(), unsaid: 0, lostAtMs: last?.lostAtMs ?? nowMs() });
      logger.warn({ where, failures, err: error }, 'lost the database; trying again');
    },
    onAnswer: (where) => {
      const last = said.get(where);
      if (last?.lostAtMs === undefined) return;
      const awaySeconds = Math.round((nowMs() - last.lostAtMs) / 1_000);
      last.lostAtMs = undefined;
      logger.info({ where, awaySeconds }, 'the database answers again');
    },
    lineage: {
      changed: ({ previousServer, server, revision }) =>
        logger.warn(
          { previousServer, server, revision },
          'another Postgres, or an earlier state of it, has taken over: acknowledged writes may be missing; everyone lists again',
        ),
      unknown: (reason) => {
        if (isUnknown) return;
        isUnknown = true;
        logger.warn(
          { reason },
          'Postgres does not say which server it is: a fail-over that loses writes will not be noticed (docs/database.md)',
        );
      },
    },
  };
}
