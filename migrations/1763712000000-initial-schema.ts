import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Objects, the revision log that all readers follow, the revisions that are kept for ever, the audit and the leader.
 *
 * `json`, not `jsonb`: documents come back as they were written (member order, numbers, `\u0000`), and nothing is
 * searched inside them. Names are compared by bytes (`COLLATE "C"`), so that pages and keys order alike everywhere.
 */
export class InitialSchema1763712000000 implements MigrationInterface {
  readonly name = 'InitialSchema1763712000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...appendOnlyAudit]) await queryRunner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations are forward-only: restore a backup instead of reverting one'));
  }
}

const tables = [
  // One row. `rv` is the revision counter. `audit_id` and `audit_hash` are the audit's newest row, so that a cut-off tail
  // shows; `audit_start_*` the newest row that has expired, from which the chain goes on.
  `CREATE TABLE meta (
     id boolean PRIMARY KEY DEFAULT true CHECK (id),
     rv bigint NOT NULL,
     compacted bigint NOT NULL,
     audit_id bigint NOT NULL,
     audit_hash bytea NOT NULL,
     audit_start_id bigint NOT NULL,
     audit_start_hash bytea NOT NULL
   ) WITH (fillfactor = 10)`,
  // From 1, as a resourceVersion of 0 means "any" to Kubernetes clients.
  `INSERT INTO meta (rv, compacted, audit_id, audit_hash, audit_start_id, audit_start_hash)
     SELECT 1, 1, 0, hash, 0, hash FROM decode(repeat('00', 32), 'hex') AS hash`,
  `CREATE TABLE object (
     api_group text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     namespace text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     uid uuid NOT NULL,
     rv bigint NOT NULL,
     object json NOT NULL,
     PRIMARY KEY (api_group, kind, namespace, name)
   )`,
  `CREATE TABLE object_log (
     rv bigint PRIMARY KEY,
     last_rv bigint NOT NULL,
     type text NOT NULL CHECK (type IN ('ADDED', 'MODIFIED', 'DELETED')),
     api_group text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     namespace text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     uid uuid NOT NULL,
     subresource text,
     object json NOT NULL,
     prev json,
     prev_rv bigint,
     trace_parent text NOT NULL,
     at timestamptz(3) NOT NULL
   )`,
  `CREATE INDEX object_log_key ON object_log (api_group, kind, namespace, name, rv)`,
  `CREATE TABLE object_revision (
     rv bigint PRIMARY KEY,
     api_group text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     namespace text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     uid uuid NOT NULL,
     generation bigint NOT NULL,
     at timestamptz(3) NOT NULL,
     object json
   )`,
  `CREATE INDEX object_revision_key ON object_revision (api_group, kind, namespace, name, rv)`,
  `CREATE TABLE audit (
     id bigint PRIMARY KEY,
     at timestamptz(3) NOT NULL,
     actor text NOT NULL,
     actor_groups json NOT NULL,
     verb text NOT NULL,
     api_group text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     namespace text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     subresource text NOT NULL,
     uid uuid NOT NULL,
     generation bigint NOT NULL,
     revision bigint NOT NULL,
     changes json NOT NULL,
     source_address text NOT NULL,
     user_agent text NOT NULL,
     trace_id text NOT NULL,
     previous_hash bytea NOT NULL,
     hash bytea NOT NULL
   )`,
  `CREATE INDEX audit_object ON audit (api_group, kind, namespace, name, id)`,
  `CREATE INDEX audit_actor ON audit (actor, id)`,
  `CREATE INDEX audit_at ON audit (at, id)`,
  // One row. `epoch` grows with every take-over, so that a leader who doesn't know yet that it lost can write nothing.
  `CREATE TABLE leader (
     id boolean PRIMARY KEY DEFAULT true CHECK (id),
     epoch bigint NOT NULL,
     holder text NOT NULL,
     since timestamptz NOT NULL
   )`,
  `INSERT INTO leader (epoch, holder, since) VALUES (0, '', now())`,
];

/** Nothing changes a row of the audit, and nothing removes one before its 90 days are over, the product included. */
const appendOnlyAudit = [
  `CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'DELETE' AND OLD.at < now() - interval '90 days' AND OLD.id <= (SELECT audit_start_id FROM meta) THEN
       RETURN OLD;
     END IF;
     RAISE EXCEPTION 'audit is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
   END $$`,
  `CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit
     FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()`,
  `CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()`,
];
