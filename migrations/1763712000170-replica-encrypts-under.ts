import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Replicas say which master key they encrypt under. Null: not known, as of a replica of the release before, which writes its
 * row without this column.
 */
export class ReplicaEncryptsUnder1763712000170 implements MigrationInterface {
  readonly name = 'ReplicaEncryptsUnder1763712000170';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE replica_keys ADD COLUMN encrypts_under text');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations are forward-only: restore a backup instead of reverting one'));
  }
}
