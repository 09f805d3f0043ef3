import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A lease for the leader, heartbeats of the replicas, and what tells one history of revisions from another. */
export class Sessions1763712000120 implements MigrationInterface {
  readonly name = 'Sessions1763712000120';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of statements) await queryRunner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations are forward-only: restore a backup instead of reverting one'));
  }
}

const statements = [
  `ALTER TABLE leader ADD COLUMN expires_at timestamptz NOT NULL DEFAULT '-infinity'`,
  // The unique index makes `epoch` a key: a write's FOR KEY SHARE holds up a take-over, and not a renewal.
  `ALTER TABLE leader ADD CONSTRAINT leader_epoch UNIQUE (epoch)`,
  `CREATE TABLE replica (name text COLLATE "C" PRIMARY KEY, seen_at timestamptz NOT NULL)`,
  // `server` is the server and timeline that wrote last; another one begins another lineage (see docs/database.md).
  `ALTER TABLE meta ADD COLUMN server text, ADD COLUMN lineage uuid NOT NULL DEFAULT gen_random_uuid()`,
];
