import type { Clock } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';

export interface ReplicaPresenceOptions {
  /** Runs SQL on the pool. */
  readonly query: (sql: string, parameters: readonly unknown[]) => Promise<unknown>;
  /** Names this replica; made anew at each start. */
  readonly self: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly beatMs?: number;
  readonly expiryMs?: number;
}

const BEAT_MS = 5_000;
/** Two beats may be lost. */
const EXPIRY_MS = 15_000;

/**
 * Tells the living replicas from the dead ones: each says every few seconds, in a row of its own, that it lives. All times
 * are the database's. A replica that vanishes without a word, its connections still open as far as anyone can see, is
 * dead once its row is too old.
 */
export class ReplicaPresence {
  private readonly controller: Controller<'beat'>;

  constructor(private readonly options: ReplicaPresenceOptions) {
    this.controller = new Controller({
      reconcile: () => this.beat(),
      concurrency: 1,
      clock: options.clock,
      delays: { baseMs: 200, maxMs: options.beatMs ?? BEAT_MS, random: options.random },
      count: () => {},
      onError: (_, error) => options.logger.warn({ err: error }, 'replica presence not written; trying again'),
    });
  }

  start(): void {
    this.controller.start();
    this.controller.add('beat');
  }

  /** Says goodbye, so that nobody waits for the row to expire. */
  async stop(): Promise<void> {
    await this.controller.stop();
    // Without a database the row expires by itself.
    await this.options.query('DELETE FROM replica WHERE name = $1', [this.options.self]).catch(() => undefined);
  }

  /** The names of all replicas that live. Throws a ReconcileError if the database can't tell. */
  async living(): Promise<ReadonlySet<string>> {
    const rows = (await this.run(`SELECT name FROM replica WHERE seen_at > clock_timestamp() - $1::bigint * ${MS}`, [
      this.options.expiryMs ?? EXPIRY_MS,
    ])) as { name: string }[];
    return new Set(rows.map(({ name }) => name));
  }

  private async beat(): Promise<{ requeueAfterMs: number }> {
    // Whoever beats also takes away what is long dead: no start has the name of another.
    await this.run(
      `WITH gone AS (DELETE FROM replica WHERE seen_at < clock_timestamp() - interval '1 hour')
       INSERT INTO replica (name, seen_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`,
      [this.options.self],
    );
    return { requeueAfterMs: this.options.beatMs ?? BEAT_MS };
  }

  private async run(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    try {
      return await this.options.query(sql, parameters);
    } catch (error) {
      throw new ReconcileError('replica presence: the database did not answer', { cause: error });
    }
  }
}

const MS = `interval '1 ms'`;
