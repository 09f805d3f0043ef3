import type { DataSource, QueryRunner } from 'typeorm';
import { advisoryLocks } from '../database/advisory-locks.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';

export interface CompactionOptions {
  /** Log rows are kept at least this long. */
  readonly keepMs?: number;
  /** And at least this many are kept, however old. */
  readonly keepRows?: number;
  /** Rows a transaction deletes at most: it holds the revision counter at its end, so it has to be short. */
  readonly batchRows?: number;
}

/**
 * Cuts the revision log's old end, always between two transactions, and records in the same transaction from where on
 * it is complete; who asks for less is told to list again. Replicas may all try: one does, the others step aside.
 */
export class LogCompactor {
  constructor(
    private readonly dataSource: DataSource,
    private readonly options: CompactionOptions = {},
  ) {}

  /** Deletes batch after batch until nothing is old enough. Returns how many rows went. */
  async compact(): Promise<number> {
    let total = 0;
    for (;;) {
      const deleted = await inTransaction(this.dataSource, READ_COMMITTED, async (queryRunner) => ({
        value: await this.#compactBatch(queryRunner),
      }));
      if (deleted === 0) return total;
      total += deleted;
    }
  }

  async #compactBatch(queryRunner: QueryRunner): Promise<number> {
    const [lock] = (await queryRunner.query('SELECT pg_try_advisory_xact_lock($1, $2) AS held', [
      ...advisoryLocks.compaction,
    ])) as [{ held: boolean }];
    if (!lock.held) return 0;
    const { keepMs = 3_600_000, keepRows = 10_000, batchRows = 1_000 } = this.options;
    // By the clock of the server, which stamped the rows.
    const [found] = (await queryRunner.query(
      `SELECT max(last_rv) AS boundary FROM (
         SELECT last_rv FROM object_log, meta
         WHERE object_log.last_rv <= meta.rv - $2::bigint AND at < clock_timestamp() - $1::bigint * interval '1 ms'
         ORDER BY object_log.rv LIMIT $3
       ) AS old`,
      [keepMs, keepRows, batchRows],
    )) as [{ boundary: string | null }];
    if (found.boundary === null) return 0;
    const [, deleted] = (await queryRunner.query('DELETE FROM object_log WHERE rv <= $1', [found.boundary])) as [
      unknown,
      number,
    ];
    // A fail-over may have declared more compacted than there are rows to remove: never back behind that.
    await queryRunner.query('UPDATE meta SET compacted = greatest(compacted, $1)', [found.boundary]);
    return deleted;
  }
}
