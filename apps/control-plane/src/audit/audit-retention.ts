import { Between, type DataSource, type QueryRunner } from 'typeorm';
import { MetaRow } from '../database/meta.entity.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import type { AuditKeys } from './audit-keys.js';
import { AuditRow } from './audit.entity.js';
import type { ChainLink } from './chain-link.js';
import { faultOf, MOVED_START, recordIsGenuine } from './verify-chain.js';

/** The trigger on the table holds the same limit. */
const KEEP_DAYS = 90;
/** A batch holds the revision counter while it deletes. */
const BATCH_ROWS = 1_000;

/**
 * Lets audit rows go that are older than 90 days, oldest first. The last one that went is kept by id and hash, which the
 * audit key vouches for: the rest still verifies as one chain, and rows that are missing before their time show. What goes
 * is verified first: a row whose date was altered must not be taken away together with the proof that it was.
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
    const keyedFrom = await this.#verify(queryRunner, start.id);
    await queryRunner.query(
      `UPDATE meta SET audit_start_id = $1, audit_start_hash = $2, audit_start_mac = $3 WHERE $1 > audit_start_id`,
      [start.id, start.hash, this.keys.macOfStart(start, keyedFrom)],
    );
    const [, deleted] = (await queryRunner.query('DELETE FROM audit WHERE id <= $1', [found.last])) as [
      unknown,
      number,
    ];
    return deleted;
  }

  /** Rows up to `last` are what was written; returns from which on they are keyed. Throws where they aren't. */
  async #verify({ manager }: QueryRunner, last: number): Promise<number> {
    const { keys } = this;
    const [meta] = await manager.find(MetaRow);
    const start = { id: meta!.auditStartId, hash: meta!.auditStartHash };
    const { auditStartMac: startMac, auditKeyedFrom: keyedFrom } = meta!;
    if (keyedFrom === null || !recordIsGenuine({ start, startMac, keyedFrom }, keys)) throw refused(MOVED_START);
    const rows = await manager.find(AuditRow, { where: { id: Between(start.id + 1, last) }, order: { id: 'ASC' } });
    let previous: ChainLink = start;
    for (const row of rows) {
      const fault = faultOf(row, { previous, keyedFrom, keys });
      if (fault) throw refused(`row ${fault.badRow}: ${fault.reason}`);
      previous = { id: row.id, hash: row.hash };
    }
    return keyedFrom;
  }
}

const refused = (reason: string): Error => new Error(`nothing expires from an audit that does not verify: ${reason}`);
