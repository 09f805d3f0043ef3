import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands to data planes, with their answers: rows of seconds, by which the replicas find each other's. */
export class FleetCommands1763712000200 implements MigrationInterface {
  readonly name = 'FleetCommands1763712000200';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE fleet_command (
         id uuid PRIMARY KEY,
         action json NOT NULL,
         data_plane text COLLATE "C",
         expires_at timestamptz NOT NULL
       )`,
    );
    await queryRunner.query(
      `CREATE TABLE fleet_command_answer (
         command uuid NOT NULL REFERENCES fleet_command (id) ON DELETE CASCADE,
         data_plane text COLLATE "C" NOT NULL,
         result text NOT NULL,
         message text NOT NULL,
         PRIMARY KEY (command, data_plane)
       )`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations are forward-only: restore a backup instead of reverting one'));
  }
}
