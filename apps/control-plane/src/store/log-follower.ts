import type { Client } from 'pg';
import { openConnection } from '../database/connection.js';
import { reconnectDelayMs } from '../database/reconnect-delay.js';
import { WakeUp } from '../database/wake-up.js';
import { ChangeRing } from './change-ring.js';
import { LOG_CHANNEL } from './commit-sql.js';
import { ExpiredRevisionError } from './expired-revision-error.js';
import type { LogPage, LogReader, Query } from './log-reader.js';
import type { Change, ChangeFeed } from './object-store.js';
import { Subscription } from './subscription.js';

export interface FollowerOptions {
  readonly url: string;
  /** Reads of subscribers that are behind the ring: not on the follower's connection, which must not wait for them. */
  readonly query: Query;
  /** Longest time until a change is seen whose notification was lost. */
  readonly pollMs?: number;
  /** Changes kept in memory for subscribers that are a little behind. */
  readonly ringChanges?: number;
  readonly random?: () => number;
  /** A lost connection or a failed read; each is followed by another try. */
  readonly onError?: (error: Error) => void;
}

/**
 * Follows the revision log for one replica. It has a connection of its own, which LISTENs; a notification only wakes,
 * the log is the truth. A poll covers lost notifications, and each reconnect reads again from the last revision handed
 * out, so a transaction reaches each subscriber once, whole and in order, through restarts of the server.
 */
export class LogFollower implements ChangeFeed {
  readonly #subscriptions = new Set<Subscription>();
  readonly #wakeUp = new WakeUp();
  #ring: ChangeRing | undefined;
  #revision = 0;
  #connected = false;
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly reader: LogReader,
    private readonly options: FollowerOptions,
  ) {}

  get revision(): number {
    return this.#revision;
  }

  /** False while the log can't be read: what was handed out may be behind. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Resolves once the log is reached; keeps trying until then, and again after every loss, up to `stop`. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#running ??= this.#run(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp.wake();
    await this.#running;
    this.#endAll(new Error('the control plane is stopping'));
  }

  async subscribe(
    afterRevision: number,
    onTransaction: (changes: readonly Change[]) => void,
    onEnd: (error: Error) => void,
  ): Promise<{ close(): void }> {
    const ring = (): ChangeRing => {
      if (!this.#ring) throw new Error('the change feed has not started');
      return this.#ring;
    };
    const subscription = new Subscription(afterRevision, onTransaction, onEnd);
    while (!subscription.closed && (subscription.position < ring().start || subscription.position > this.#revision)) {
      const page = await this.reader.read(this.options.query, subscription.position);
      if (isExpired(page, subscription.position)) {
        throw new ExpiredRevisionError(subscription.position, page.oldest, page.newest);
      }
      // Ahead of the follower, as whoever has just written is: the follower is about to get there.
      if (page.position === subscription.position) break;
      for (const transaction of page.transactions) subscription.deliver(transaction);
      subscription.skipTo(page.position);
    }
    // From here to the end nothing is awaited, so that no live transaction can pass between ring and set.
    for (const transaction of ring().after(subscription.position)) subscription.deliver(transaction);
    if (!subscription.closed) this.#subscriptions.add(subscription);
    return {
      close: () => {
        subscription.close();
        this.#subscriptions.delete(subscription);
      },
    };
  }

  async #run(onStarted: () => void): Promise<void> {
    const random = this.options.random ?? Math.random;
    let failures = 0;
    while (!this.#stopping) {
      try {
        await this.#follow(() => {
          failures = 0;
          onStarted();
        });
      } catch (error) {
        this.options.onError?.(error instanceof Error ? error : new Error(String(error)));
        if (!this.#stopping) await this.#wakeUp.sleep(reconnectDelayMs(failures++, random));
      }
    }
  }

  /** One connection's life. Ends when it is lost, by throwing, or on `stop`. */
  async #follow(onConnected: () => void): Promise<void> {
    let lost: Error | undefined;
    const client = await openConnection({ url: this.options.url, applicationName: 'signalbox-follower' }, (error) => {
      lost = error;
      this.#wakeUp.wake();
    });
    try {
      client.on('notification', () => this.#wakeUp.wake());
      // Before the first read: what is committed after that read wakes.
      await client.query(`LISTEN ${LOG_CHANNEL}`);
      if (!this.#ring) await this.#startAtHead(client);
      await this.#drain(client);
      this.#connected = true;
      onConnected();
      while (!this.#stopping) {
        await this.#wakeUp.sleep(this.options.pollMs ?? 1_500);
        if (lost) throw lost;
        await this.#drain(client);
      }
    } finally {
      this.#connected = false;
      await client.end().catch(() => undefined);
    }
  }

  async #startAtHead(client: Client): Promise<void> {
    const { rows } = await client.query<{ rv: string }>('SELECT rv FROM meta');
    this.#restartAt(Number(rows[0]?.rv));
  }

  #restartAt(revision: number): void {
    this.#revision = revision;
    this.#ring = new ChangeRing(revision, this.options.ringChanges ?? 10_000);
  }

  async #drain(client: Client): Promise<void> {
    const query: Query = async (sql, parameters) => (await client.query(sql, [...parameters])).rows;
    let page: LogPage;
    do {
      page = await this.reader.read(query, this.#revision);
      if (isExpired(page, this.#revision)) {
        // Away for longer than the log reaches back, or another database behind the same address.
        this.#endAll(new ExpiredRevisionError(this.#revision, page.oldest, page.newest));
        this.#restartAt(page.newest);
        return;
      }
      for (const transaction of page.transactions) this.#handOut(transaction);
      this.#revision = page.position;
    } while (page.more);
  }

  #handOut(transaction: readonly Change[]): void {
    this.#ring?.push(transaction);
    this.#revision = transaction[0]?.lastRevision ?? this.#revision;
    for (const subscription of this.#subscriptions) {
      subscription.deliver(transaction);
      if (subscription.closed) this.#subscriptions.delete(subscription);
    }
  }

  #endAll(error: Error): void {
    for (const subscription of this.#subscriptions) subscription.end(error);
    this.#subscriptions.clear();
  }
}

const isExpired = (page: LogPage, revision: number): boolean => revision < page.oldest || revision > page.newest;
