import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import type { MasterKeyFile } from '../encryption/master-key-file.js';

/** Which master keys a replica holds, in the order of the lines of its file. */
export interface ReplicaKeyReport {
  readonly replica: string;
  readonly host: string;
  readonly masterKeys: readonly string[];
}

export interface ReplicaKeysOptions {
  readonly dataSource: DataSource;
  readonly keys: MasterKeyFile;
  /** Names this replica, anew at each start. */
  readonly self: string;
  readonly host: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly beatMs?: number;
  readonly expiryMs?: number;
}

const BEAT_MS = 5_000;
/** Two beats may be lost. */
const EXPIRY_MS = 15_000;

/**
 * The replicas tell each other, in a row each, which master keys they hold, so that each encrypts under the first key that
 * all can read: the lines of a rotation may reach the replicas in any order. All times are the database's.
 */
export class ReplicaKeys {
  readonly #controller: Controller<'beat'>;

  constructor(private readonly options: ReplicaKeysOptions) {
    const { keys, clock, random, logger, beatMs = BEAT_MS } = options;
    this.#controller = new Controller({
      reconcile: () => this.beat(),
      concurrency: 1,
      clock,
      delays: { baseMs: 200, maxMs: beatMs, random },
      count: () => {},
      onError: (_, error) => logger.warn({ err: error }, 'master keys not reported; trying again'),
    });
    keys.onChange(() => this.#controller.add('beat'));
  }

  start(): void {
    this.#controller.start();
    this.#controller.add('beat');
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
    // Without a database the row expires by itself.
    await this.options.dataSource
      .query('DELETE FROM replica_keys WHERE replica = $1', [this.options.self])
      .catch(() => undefined);
  }

  /** Of all replicas that live. */
  async reports(): Promise<ReplicaKeyReport[]> {
    const rows = await this.options.dataSource.query<{ replica: string; host: string; master_keys: string[] }[]>(
      `SELECT replica, host, master_keys FROM replica_keys
       WHERE seen_at > clock_timestamp() - $1::bigint * interval '1 ms' ORDER BY host, replica`,
      [this.options.expiryMs ?? EXPIRY_MS],
    );
    return rows.map(({ replica, host, master_keys }) => ({ replica, host, masterKeys: master_keys }));
  }

  /** Says what this replica holds and takes in what the others do. */
  async exchange(): Promise<void> {
    const { dataSource, keys, self, host } = this.options;
    await dataSource.query(
      `WITH gone AS (DELETE FROM replica_keys WHERE seen_at < clock_timestamp() - interval '1 hour')
       INSERT INTO replica_keys (replica, host, master_keys, seen_at) VALUES ($1, $2, $3, clock_timestamp())
       ON CONFLICT (replica) DO UPDATE SET master_keys = excluded.master_keys, seen_at = excluded.seen_at`,
      [self, host, JSON.stringify(keys.ids)],
    );
    const held = (await this.reports()).map(({ masterKeys }) => new Set(masterKeys));
    keys.shareWith(new Set(keys.ids.filter((id) => held.every((ids) => ids.has(id)))));
  }

  /** Throws a ReconcileError if the database can't be asked. */
  async beat(): Promise<{ requeueAfterMs: number }> {
    const { beatMs = BEAT_MS } = this.options;
    try {
      await this.exchange();
    } catch (error) {
      throw new ReconcileError('the database did not take the master keys of this replica', { cause: error });
    }
    return { requeueAfterMs: beatMs };
  }
}
