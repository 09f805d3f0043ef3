import type { DataSource, QueryRunner } from 'typeorm';
import type { AuditKeys } from './audit-keys.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';

/** The trigger on the table holds the same limit. */
const KEEP_DAYS = 90;
/** A batch holds the revision counter while it deletes. */
const BATCH_ROWS = 1_000;

/**
 * Lets audit rows go that are older than 90 days, oldest first. The last one that went is kept by id and hash, which the
 * audit key vouches for: the rest still verifies as one chain, and rows that are missing before their time show.
 */
export class AuditRetention {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: AuditKeys,
  ) {}

  /** Returns how many rows went. */
  async expire(): Promise<number> {
    let total = 0;
    for (;;) {
      const deleted = await inTransaction(this.dataSource, READ_COMMITTED, async (queryRunner) => ({
        value: await this.#expireBatch(queryRunner),
      }));
      if (deleted === 0) return total;
      total += deleted;
    }
  }

  async #expireBatch(queryRunner: QueryRunner): Promise<number> {
    // Up to the first row that has to stay: never a row in the middle, should the server's clock have been moved.
    const [found] = (await queryRunner.query(
      `SELECT id AS last, hash FROM audit WHERE id = (SELECT max(id) FROM (
         SELECT id, bool_and(at < now() - $1::int * interval '1 day') OVER (ORDER BY id) AS old
         FROM (SELECT id, at FROM audit ORDER BY id LIMIT $2) AS oldest
       ) AS batch WHERE old)`,
      [KEEP_DAYS, BATCH_ROWS],
    )) as [{ last: string; hash: Buffer } | undefined];
    if (!found) return 0;
    const start = { id: Number(found.last), hash: found.hash };
    await queryRunner.query(
      `UPDATE meta SET audit_start_id = $1, audit_start_hash = $2, audit_start_mac = $3 WHERE $1 > audit_start_id`,
      [start.id, start.hash, this.keys.macOf('start', start)],
    );
    const [, deleted] = (await queryRunner.query('DELETE FROM audit WHERE id <= $1', [found.last])) as [
      unknown,
      number,
    ];
    return deleted;
  }
}
