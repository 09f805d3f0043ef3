import type { Writable } from 'node:stream';
import { DatabaseError, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { serviceUnavailable } from '#libs/apimachinery';
import { READ_COMMITTED, UNKNOWN_OUTCOME } from './transaction.js';
import { orUnavailable } from './unavailable.js';

/** How `work` ends. Without a last statement everything is rolled back. */
export interface PipelinedWork<T> {
  readonly value: T;
  /** Sends the last statement, with COMMIT behind it in the same packet. */
  readonly last?: () => Promise<unknown>;
}

/**
 * A READ COMMITTED transaction in as few round trips as its questions need: the connection sends a statement without
 * waiting for the answer to the one before it, so BEGIN travels with the statements that `work` sends before it first
 * awaits, and COMMIT with the last one. `work` awaits `begun` with its first answers, so that nothing is ever written
 * outside of the transaction.
 */
export async function inPipelinedTransaction<T>(
  dataSource: DataSource,
  work: (client: PoolClient, begun: Promise<unknown>) => Promise<PipelinedWork<T>>,
): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  let outcomeUnknown = false;
  try {
    const client = (await queryRunner.connect()) as PoolClient;
    const { value, last } = await inOnePacket(client, () => work(client, client.query(READ_COMMITTED)));
    if (!last) {
      await client.query('ROLLBACK');
      return value;
    }
    const [written, committed] = inOnePacket(client, () => [last(), client.query('COMMIT')] as const);
    committed.catch(() => undefined);
    await written.catch((error: unknown) => {
      // Refused by the server, and the COMMIT behind it with it. Anything else may have happened after both were done.
      outcomeUnknown = !(error instanceof DatabaseError);
      throw error;
    });
    outcomeUnknown = true;
    await committed;
    return value;
  } catch (error) {
    await queryRunner.query('ROLLBACK').catch(() => undefined);
    // Whatever it was that broke: nobody may take this for a refusal and try it again.
    throw outcomeUnknown ? Object.assign(serviceUnavailable(UNKNOWN_OUTCOME), { cause: error }) : orUnavailable(error);
  } finally {
    await queryRunner.release();
  }
}

/** A system call and a wake-up of the server each are most of what a small statement costs: they share one. */
function inOnePacket<T>(client: PoolClient, send: () => T): T {
  const { stream } = (client as PoolClient & { readonly connection: { readonly stream: Writable } }).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}
