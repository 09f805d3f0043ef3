import type { Client } from 'pg';
import type { Timers } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import { openConnection } from '../database/connection.js';

export interface ReplicaPresenceOptions {
  readonly url: string;
  /** Names this replica; made anew at each start. */
  readonly self: string;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Tells the living replicas from the dead ones: each holds a connection under its own name, which the database sees end
 * when the replica does, however it does.
 */
export class ReplicaPresence {
  private readonly controller: Controller<'connection'>;
  private client: Client | undefined;

  constructor(private readonly options: ReplicaPresenceOptions) {
    this.controller = new Controller({
      reconcile: () => this.connect(),
      concurrency: 1,
      timers: options.timers,
      delays: { baseMs: 200, maxMs: 10_000, random: options.random },
      count: () => {},
      onError: (_, error) => options.logger.warn({ err: error }, 'replica presence: no connection; trying again'),
    });
  }

  start(): void {
    this.controller.start();
    this.controller.add('connection');
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    await this.client?.end();
  }

  /** Throws a ReconcileError if the database can't tell. */
  async isAlive(replica: string): Promise<boolean> {
    if (!this.client) throw new ReconcileError('replica presence: no connection to the database');
    try {
      const { rowCount } = await this.client.query(
        'SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 LIMIT 1',
        [applicationName(replica)],
      );
      return rowCount !== 0;
    } catch (error) {
      throw new ReconcileError('replica presence: the database did not answer', { cause: error });
    }
  }

  private async connect(): Promise<undefined> {
    const { url, self } = this.options;
    try {
      this.client = await openConnection({ url, applicationName: applicationName(self) }, () => {
        this.client = undefined;
        this.controller.add('connection');
      });
    } catch (error) {
      throw new ReconcileError('connecting failed', { cause: error });
    }
  }
}

/** Postgres cuts names after 63 bytes. */
function applicationName(replica: string): string {
  return `signalbox ${replica}`.slice(0, 63);
}
