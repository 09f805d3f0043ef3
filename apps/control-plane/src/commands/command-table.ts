import type { DataSource } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/append-audit.js';
import type { AuditKeys } from '../audit/audit-keys.js';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import { orUnavailable } from '../database/unavailable.js';
import { COMMAND_LASTS_MS, type DataPlaneOutcome, type FleetCommand } from './command-outcome.js';

/** NOTIFY channel, of commands and of answers. No more than a hint: the tables are the truth. */
export const COMMAND_CHANNEL = 'signalbox_command';

/** Runs SQL on a connection of the caller's. */
export type Query = <Row>(sql: string, parameters: readonly unknown[]) => Promise<Row[]>;

/** Commands and their answers, where every replica finds them. They are no edits: no revision, no compile, no watch. */
export class CommandTable {
  readonly #dataSource: DataSource;
  readonly #auditKeys: AuditKeys;

  constructor(dataSource: DataSource, auditKeys: AuditKeys) {
    this.#dataSource = dataSource;
    this.#auditKeys = auditKeys;
  }

  /** The command and its row of the audit are there together, or neither is. Takes away what nobody asks for any more. */
  add({ id, action, dataPlane }: FleetCommand, audited: AuditEntry): Promise<void> {
    return inTransaction(this.#dataSource, READ_COMMITTED, async (queryRunner) => {
      await queryRunner.query(
        `WITH gone AS (DELETE FROM fleet_command WHERE expires_at < clock_timestamp() - interval '1 minute'),
         added AS (
           INSERT INTO fleet_command (id, action, data_plane, expires_at)
             VALUES ($1, $2, $3, clock_timestamp() + $4::int * interval '1 ms')
         )
         SELECT pg_notify($5, '')`,
        [id, JSON.stringify(action), dataPlane ?? null, COMMAND_LASTS_MS, COMMAND_CHANNEL],
      );
      // Last: it holds the row of `meta`, for which every write waits.
      await appendAudit(queryRunner, audited, this.#auditKeys);
      return { value: undefined };
    });
  }

  /** Those that are to be handed out now. */
  async live(query: Query): Promise<FleetCommand[]> {
    const rows = await query<CommandRow>(
      'SELECT id, action, data_plane FROM fleet_command WHERE expires_at > clock_timestamp()',
      [],
    );
    return rows.map(({ id, action, data_plane }) => ({
      id,
      action,
      ...(data_plane !== null && { dataPlane: data_plane }),
    }));
  }

  /** The first answer counts: a data plane that has moved to another replica may be asked twice. */
  async answer(id: string, { dataPlane, result, message }: DataPlaneOutcome): Promise<void> {
    await this.#dataSource.query(
      `WITH answered AS (
         INSERT INTO fleet_command_answer (command, data_plane, result, message)
           SELECT id, $2, $3, $4 FROM fleet_command WHERE id = $1
         ON CONFLICT DO NOTHING
       )
       SELECT pg_notify($5, '')`,
      [id, dataPlane, result, message, COMMAND_CHANNEL],
    );
  }

  async answersTo(id: string, query: Query = this.#query): Promise<DataPlaneOutcome[]> {
    const rows = await query<AnswerRow>(
      'SELECT data_plane, result, message FROM fleet_command_answer WHERE command = $1 ORDER BY data_plane',
      [id],
    );
    return rows.map(({ data_plane, result, message }) => ({ dataPlane: data_plane, result, message }));
  }

  readonly #query: Query = async (sql, parameters) => {
    try {
      return await this.#dataSource.query(sql, [...parameters]);
    } catch (error) {
      throw orUnavailable(error);
    }
  };
}

interface CommandRow {
  readonly id: string;
  readonly action: FleetCommand['action'];
  readonly data_plane: string | null;
}

interface AnswerRow {
  readonly data_plane: string;
  readonly result: DataPlaneOutcome['result'];
  readonly message: string;
}
