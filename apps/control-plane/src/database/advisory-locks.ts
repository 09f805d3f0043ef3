/**
 * Session locks by name. They use Postgres' two-integer key space, which never meets the one-integer space of the
 * object locks (`hashtextextended` of the key).
 */
const SIGNALBOX = 0x5168_0001;

/** Arguments of `pg_advisory_lock(int, int)`. */
export const advisoryLocks = {
  migrations: [SIGNALBOX, 1],
  compaction: [SIGNALBOX, 3],
  auditKey: [SIGNALBOX, 10],
} as const;
