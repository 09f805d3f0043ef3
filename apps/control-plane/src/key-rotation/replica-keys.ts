import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import type { MasterKeyFile } from '../encryption/master-key-file.js';

/** Which master keys a replica holds, in the order of the lines of its file, and which one it uses. */
export interface ReplicaKeyReport {
  readonly replica: string;
  readonly host: string;
  readonly masterKeys: readonly string[];
  /**
   * Whatever it wrote under another key is committed, and nothing is written under another one before it has taken this
   * back. null: not known, so perhaps any key.
   */
  readonly encryptsUnder: string | null;
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
/** While what began under the key before is still under way. */
const UNSETTLED_MS = 200;
/** Two beats may be lost. */
const EXPIRY_MS = 15_000;

/**
 * The replicas tell each other, in a row each, which master keys they hold, so that each encrypts under the first key that
 * all can read: the lines of a rotation may reach the replicas in any order. Each also says under which one it encrypts, so that
 * it's known when a key is out of use. All times are the database's.
 */
export class ReplicaKeys {
  readonly #controller: Controller<'beat'>;
  /** What the row says that this replica encrypts under; undefined: nothing, or that isn't known. */
  #reported: string | undefined;
  #exchanges: Promise<unknown> = Promise.resolve();

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
    await this.#exchanges;
    const { dataSource, keys, self } = this.options;
    // While something may still be written the row stays. It expires by itself, as it does without a database.
    if (!keys.isIdle) return;
    await dataSource
      .query(`WITH ${COMMITTED} DELETE FROM replica_keys WHERE replica = $1 AND EXISTS (SELECT FROM committed)`, [self])
      .catch(() => undefined);
  }

  /** Of all replicas that live. */
  async reports(): Promise<ReplicaKeyReport[]> {
    const rows = await this.options.dataSource.query<ReportRow[]>(
      `SELECT replica, host, master_keys, encrypts_under FROM replica_keys
       WHERE seen_at > clock_timestamp() - $1::bigint * interval '1 ms' ORDER BY host, replica`,
      [this.options.expiryMs ?? EXPIRY_MS],
    );
    return rows.map(({ replica, host, master_keys, encrypts_under }) => ({
      replica,
      host,
      masterKeys: master_keys,
      encryptsUnder: encrypts_under,
    }));
  }

  /**
   * Says what this replica holds and takes in what the others do. One after the other: what was chosen from older reports
   * must not come after what was chosen from newer ones.
   */
  exchange(): Promise<void> {
    const exchanged = this.#exchanges.then(() => this.#exchange());
    this.#exchanges = exchanged.catch(() => undefined);
    return exchanged;
  }

  async #exchange(): Promise<void> {
    const { dataSource, keys, self, host } = this.options;
    await dataSource.query(
      `WITH gone AS (DELETE FROM replica_keys WHERE seen_at < clock_timestamp() - interval '1 hour')
       INSERT INTO replica_keys (replica, host, master_keys, encrypts_under, seen_at)
         VALUES ($1, $2, $3, $4, clock_timestamp())
       ON CONFLICT (replica) DO UPDATE SET master_keys = excluded.master_keys,
         encrypts_under = excluded.encrypts_under, seen_at = excluded.seen_at`,
      [self, host, JSON.stringify(keys.ids), this.#reported ?? null],
    );
    const held = (await this.reports()).map(({ masterKeys }) => new Set(masterKeys));
    await this.#choose(keys.ids.find((id) => held.every((ids) => ids.has(id))) ?? keys.firstId);
  }

  /**
   * The order is what others rely on. Before another key is used, the report of the one before is taken back. And the new
   * one is reported only when nothing can follow any more under the one before:
   *
   * - Whatever encrypts runs in `whileEncrypting` from before it takes the key until its COMMIT is answered, or is given up
   *   without an answer. `isSettled` says that none is left that began before the change.
   * - A COMMIT that was given up may still be under way in the server. Its transaction holds the row of `meta`: a commit
   *   since it took the revision counter, which is before the statement that writes, and re-encryption since its
   *   beginning. The report waits for that row, and so for the end of that transaction.
   */
  async #choose(masterKey: string): Promise<void> {
    const { dataSource, keys, self } = this.options;
    if (masterKey !== keys.current.id) {
      this.#reported = undefined;
      await dataSource.query('UPDATE replica_keys SET encrypts_under = NULL WHERE replica = $1', [self]);
      keys.encryptUnder(masterKey);
    }
    const { id } = keys.current;
    if (this.#reported === id || !keys.isSettled) return;
    await dataSource.query(
      `WITH ${COMMITTED} UPDATE replica_keys SET encrypts_under = $2 WHERE replica = $1 AND EXISTS (SELECT FROM committed)`,
      [self, id],
    );
    this.#reported = id;
  }

  /** Throws a ReconcileError if the database can't be asked. */
  async beat(): Promise<{ requeueAfterMs: number }> {
    const { beatMs = BEAT_MS } = this.options;
    try {
      await this.exchange();
    } catch (error) {
      throw new ReconcileError('the database did not take the master keys of this replica', { cause: error });
    }
    return { requeueAfterMs: this.#reported === undefined ? UNSETTLED_MS : beatMs };
  }
}

/** Waits for every transaction that holds the revision counter or the row of `meta` in any other way. */
const COMMITTED = 'committed AS MATERIALIZED (SELECT FROM meta FOR UPDATE)';

interface ReportRow {
  readonly replica: string;
  readonly host: string;
  readonly master_keys: string[];
  readonly encrypts_under: string | null;
}
