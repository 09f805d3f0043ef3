import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit gets a key, and replicas say which master keys they hold.
 *
 * Rows up to here keep their plain hashes. Which row is the first keyed one is recorded (`audit_keyed_from`) when the key is
 * made, at the first start after this migration; that row's hash covers the hash of the last one before it. A replica of the
 * release before, which knows no key, must not write any more from then on: stop it first.
 */
export class KeyedAudit1763712000160 implements MigrationInterface {
  readonly name = 'KeyedAudit1763712000160';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE meta ADD COLUMN audit_keyed_from bigint, ADD COLUMN audit_start_mac bytea');
    await queryRunner.query(
      `CREATE TABLE replica_keys (
         replica text PRIMARY KEY,
         host text NOT NULL,
         master_keys json NOT NULL,
         seen_at timestamptz NOT NULL
       ) WITH (fillfactor = 50)`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations are forward-only: restore a backup instead of reverting one'));
  }
}
