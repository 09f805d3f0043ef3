import type { Client } from 'pg';
import type { LineageListener } from '../database/sessions/lineage.js';
import { SessionLoop, type Session } from '../database/sessions/session-loop.js';
import { ChangeRing } from './change-ring.js';
import { LOG_CHANNEL } from './commit-sql.js';
import { ExpiredRevisionError } from './expired-revision-error.js';
import type { LogPage, LogReader, LogTransaction, Query } from './log-reader.js';
import type { Change, ChangeFeed } from './object-store.js';
import { Subscription } from './subscription.js';

export interface FollowerOptions {
  readonly url: string;
  /** Reads of subscribers that are behind the ring: not on the follower's connection, which must not wait for them. */
  readonly query: Query;
  /** Longest time until a change is seen whose notification was lost. */
  readonly pollMs?: number;
  /** Without a byte for so long while an answer is due, the connection is given up. */
  readonly silenceMs?: number;
  readonly lineage?: LineageListener;
  /** JSON text of the changes that are kept in memory for subscribers that are a little behind. */
  readonly ringBytes?: number;
  readonly random?: () => number;
  /** A lost connection or a failed read; each is followed by another try. */
  readonly onError?: (error: Error) => void;
  /** The log is followed: for the first time, or again after an error. */
  readonly onAnswer?: () => void;
}

/** Parsed it is about four times as much; an edit of a pool of 10,000 keys is 1.5 MB. */
const RING_BYTES = 12 * 2 ** 20;
/** Half of what a request waits: until a stalled connection is given up, nobody here hears of any change. */
const SILENCE_MS = 2_500;

/**
 * Follows the revision log for one replica. It has a connection of its own, which LISTENs; a notification only wakes,
 * the log is the truth. A poll covers lost notifications, and each reconnect reads again from the last revision handed
 * out, so a transaction reaches each subscriber once, whole and in order, through restarts of the server.
 */
export class LogFollower implements ChangeFeed {
  readonly #subscriptions = new Set<Subscription>();
  readonly #loop: SessionLoop;
  #ring: ChangeRing | undefined;
  #revision = 0;
  /** Of the history that `#revision` belongs to. */
  #lineage = '';
  #connected = false;
  #onStarted: () => void = () => {};

  constructor(
    private readonly reader: LogReader,
    private readonly options: FollowerOptions,
  ) {
    const { url, lineage, random, onError, onAnswer, silenceMs = SILENCE_MS } = options;
    this.#loop = new SessionLoop(
      { url, applicationName: 'signalbox-follower', silenceMs, lineage, random, onError, onEstablished: onAnswer },
      (session) => this.#follow(session).finally(() => (this.#connected = false)),
    );
  }

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
      this.#onStarted = resolve;
      this.#loop.start();
    });
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#endAll(new Error('the control plane is stopping'));
  }

  /**
   * What this replica has committed itself, where nothing is missing before it: it is handed out without waiting for the
   * notification and the read, which then finds it done. Anything else (a gap, another history, a lost connection) waits for
   * the log as ever.
   */
  committed(transactions: readonly LogTransaction[], lineage: string): void {
    const first = transactions[0]?.changes[0]?.revision;
    if (!this.#connected || lineage !== this.#lineage || first !== this.#revision + 1) return;
    for (const transaction of transactions) this.#handOut(transaction);
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
      for (const { changes } of page.transactions) subscription.deliver(changes);
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

  async #follow(session: Session): Promise<void> {
    const { client } = session;
    client.on('notification', () => this.#loop.wake());
    // Before the first read: what is committed after that read wakes.
    await client.query(`LISTEN ${LOG_CHANNEL}`);
    if (!this.#ring) await this.#startAtHead(client);
    await this.#drain(client);
    this.#connected = true;
    session.established();
    this.#onStarted();
    while (!session.stopping) {
      await session.sleep(this.options.pollMs ?? 1_500);
      await this.#drain(client);
    }
  }

  async #startAtHead(client: Client): Promise<void> {
    const { rows } = await client.query<{ rv: string; lineage: string }>('SELECT rv, lineage FROM meta');
    this.#restartAt(Number(rows[0]?.rv), rows[0]?.lineage ?? '');
  }

  #restartAt(revision: number, lineage: string): void {
    this.#revision = revision;
    this.#lineage = lineage;
    this.#ring = new ChangeRing(revision, this.options.ringBytes ?? RING_BYTES);
  }

  async #drain(client: Client): Promise<void> {
    // Planned once a session: planning costs more than reading what one write has logged.
    const query: Query = async (text, values) => (await client.query({ name: 'log', text, values: [...values] })).rows;
    let page: LogPage;
    do {
      const after = this.#revision;
      page = await this.reader.read(query, after, (key, revision) => this.#ring?.objectAt(key, revision));
      if (isExpired(page, after) || page.lineage !== this.#lineage) {
        // Away for longer than the log reaches back, or another database behind the same address.
        this.#endAll(new ExpiredRevisionError(after, page.oldest, page.newest));
        this.#restartAt(page.newest, page.lineage);
        return;
      }
      // What `committed` has handed out while this was read is in the page, too.
      for (const transaction of page.transactions) {
        if ((transaction.changes[0]?.lastRevision ?? 0) > this.#revision) this.#handOut(transaction);
      }
      this.#revision = Math.max(this.#revision, page.position);
    } while (page.more);
  }

  #handOut(transaction: LogTransaction): void {
    this.#ring?.push(transaction);
    this.#revision = transaction.changes[0]?.lastRevision ?? this.#revision;
    for (const subscription of this.#subscriptions) {
      subscription.deliver(transaction.changes);
      if (subscription.closed) this.#subscriptions.delete(subscription);
    }
  }

  #endAll(error: Error): void {
    for (const subscription of this.#subscriptions) subscription.end(error);
    this.#subscriptions.clear();
  }
}

const isExpired = (page: LogPage, revision: number): boolean => revision < page.oldest || revision > page.newest;
