import type { Client } from 'pg';
import { advisoryLocks } from '../database/advisory-locks.js';
import { openConnection } from '../database/connection.js';
import { reconnectDelayMs } from '../database/reconnect-delay.js';
import { WakeUp } from '../database/wake-up.js';

export interface LeaderOptions {
  readonly url: string;
  /** Names this replica in the leader row. */
  readonly holder: string;
  /** How often a follower tries, and how often a leader makes sure that its connection lives. */
  readonly retryMs?: number;
  readonly random?: () => number;
  readonly onError?: (error: Error) => void;
}

export interface LeadershipListener {
  /** Writes of this leadership carry `epoch`, so that they fail once another replica has taken over. */
  gained(epoch: number): void;
  lost(epoch: number): void;
}

/**
 * One leader among the replicas: whoever holds a session lock, on a connection of its own. When that connection drops,
 * leadership is given up at once; the server frees the lock when it notices. Between the two another replica may lead
 * already, so the lock alone isn't trusted: every take-over raises the epoch, and each write checks it in its own
 * transaction.
 */
export class LeaderElection {
  readonly #listeners = new Set<LeadershipListener>();
  readonly #wakeUp = new WakeUp();
  #epoch: number | undefined;
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(private readonly options: LeaderOptions) {}

  get isLeader(): boolean {
    return this.#epoch !== undefined;
  }

  /** undefined: not the leader. */
  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** A listener that is added while this replica leads is told so at once. */
  addListener(listener: LeadershipListener): void {
    this.#listeners.add(listener);
    if (this.#epoch !== undefined) listener.gained(this.#epoch);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const random = this.options.random ?? Math.random;
    let failures = 0;
    while (!this.#stopping) {
      try {
        await this.#campaign(() => (failures = 0));
      } catch (error) {
        this.options.onError?.(error instanceof Error ? error : new Error(String(error)));
        if (!this.#stopping) await this.#wakeUp.sleep(reconnectDelayMs(failures++, random));
      }
    }
  }

  /** One connection's life. Ends when it is lost, by throwing, or on `stop`. */
  async #campaign(onConnected: () => void): Promise<void> {
    let lost: Error | undefined;
    const client = await openConnection({ url: this.options.url, applicationName: 'signalbox-leader' }, (error) => {
      lost = error;
      this.#giveUp();
      this.#wakeUp.wake();
    });
    try {
      onConnected();
      while (!this.#stopping) {
        if (lost) throw lost;
        if (this.#epoch === undefined) await this.#tryToLead(client, () => lost === undefined);
        else await client.query('SELECT 1');
        await this.#wakeUp.sleep(this.options.retryMs ?? 1_000);
      }
    } finally {
      this.#giveUp();
      await client.end().catch(() => undefined);
    }
  }

  async #tryToLead(client: Client, isConnected: () => boolean): Promise<void> {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS locked', [
      ...advisoryLocks.leader,
    ]);
    if (!rows[0]?.locked) return;
    const taken = await client.query<{ epoch: string }>(
      'UPDATE leader SET epoch = epoch + 1, holder = $1, since = now() RETURNING epoch',
      [this.options.holder],
    );
    if (!isConnected()) return;
    this.#epoch = Number(taken.rows[0]?.epoch);
    for (const listener of this.#listeners) listener.gained(this.#epoch);
  }

  #giveUp(): void {
    const epoch = this.#epoch;
    if (epoch === undefined) return;
    this.#epoch = undefined;
    for (const listener of this.#listeners) listener.lost(epoch);
  }
}
