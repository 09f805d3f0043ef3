import type { PoolClient, QueryResultRow } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { orUnavailable } from './unavailable.js';

export const UNKNOWN_OUTCOME =
  'the connection to the database broke during the commit, so it is unknown whether the write was made; read before you try again';

/**
 * Runs `work` between `begin` and COMMIT on one connection; ROLLBACK if it throws or answers `rollback`. A database that
 * is away is told as a 503.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  begin: `BEGIN ${string}`,
  work: (queryRunner: QueryRunner) => Promise<{ readonly value: T; readonly rollback?: boolean }>,
): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  let committing = false;
  try {
    await queryRunner.query(begin);
    const { value, rollback } = await work(queryRunner);
    committing = !rollback;
    await queryRunner.query(rollback ? 'ROLLBACK' : 'COMMIT');
    return value;
  } catch (error) {
    // A connection that can't roll back is gone, and its transaction with it; the first error tells why.
    await queryRunner.query('ROLLBACK').catch(() => undefined);
    throw committing ? orUnavailable(error, UNKNOWN_OUTCOME) : orUnavailable(error);
  } finally {
    await queryRunner.release();
  }
}

export const READ_COMMITTED = 'BEGIN ISOLATION LEVEL READ COMMITTED';
export const ONE_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Runs a statement that the session prepares once and plans once: for those that many transactions repeat, and above
 * all for those that run while the revision counter is held. A name stands for one text for ever.
 */
export async function queryPrepared<Row extends QueryResultRow>(
  queryRunner: QueryRunner,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = (await queryRunner.connect()) as PoolClient;
  return (await client.query<Row>({ name, text, values: [...values] })).rows;
}
