import type { Client } from 'pg';
import { systemClock, type Clock } from '#libs/clock';
import type { LineageListener } from '../database/sessions/lineage.js';
import { SessionLoop, type Session } from '../database/sessions/session-loop.js';
import { Term, type Leadership } from './leadership.js';

export interface LeaderOptions {
  readonly url: string;
  readonly lineage?: LineageListener;
  /** Names this replica in the leader row; no other one, nor an earlier start of it, has the same. */
  readonly holder: string;
  /** How long a term lasts without renewal. */
  readonly leaseMs?: number;
  /** How often the leader renews: several may fail before the lease is over. */
  readonly renewMs?: number;
  /** How often the others try. */
  readonly retryMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly onError?: (error: Error) => void;
  /** The database has answered, after an error or as always. */
  readonly onAnswer?: () => void;
}

export interface LeadershipListener {
  gained(leadership: Leadership): void;
  lost(leadership: Leadership): void;
}

const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
const RETRY_MS = 1_000;

/**
 * One leader among the replicas: whoever holds the lease in the `leader` row, which runs out by the database's clock
 * unless it is renewed. No lock of a session is involved: a connection that only seems to live keeps nobody waiting, and
 * one that is lost and comes back in time changes nothing.
 *
 * Time alone isn't trusted. A replica that was paused may believe in its lease for a moment after another one has taken
 * over, so every take-over raises the epoch, and each write checks it in its own transaction (see store/fencing.ts).
 */
export class LeaderElection {
  readonly #listeners = new Set<LeadershipListener>();
  readonly #loop: SessionLoop;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #term: Term | undefined;

  constructor(private readonly options: LeaderOptions) {
    const { url, lineage, random, onError, onAnswer, leaseMs = LEASE_MS, clock = systemClock } = options;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#loop = new SessionLoop(
      {
        url,
        applicationName: 'signalbox-leader',
        silenceMs: leaseMs / 3,
        lineage,
        random,
        onError,
        onEstablished: onAnswer,
      },
      (session) => this.#campaign(session),
    );
  }

  /** The term in which this replica leads; undefined: it doesn't. */
  get current(): Leadership | undefined {
    // The timer may be late, as after a pause of the process; the clock isn't.
    return this.#term && this.#clock.nowMs() < this.#term.expiresAtMs ? this.#term : undefined;
  }

  /** A listener that is added while this replica leads is told so at once. */
  addListener(listener: LeadershipListener): void {
    this.#listeners.add(listener);
    if (this.#term) listener.gained(this.#term);
  }

  start(): void {
    this.#loop.start();
  }

  /** Gives the lease back, so that another replica leads at once. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#term?.end('this replica stops');
  }

  async #campaign(session: Session): Promise<void> {
    while (!session.stopping) {
      const term = this.#lastingTerm();
      if (term) await this.#renew(session.client, term);
      else await this.#tryToLead(session.client);
      session.established();
      const { renewMs = RENEW_MS, retryMs = RETRY_MS } = this.options;
      await session.sleep(this.#term ? renewMs : retryMs);
    }
    this.#term?.end('this replica stops');
    await session.client.query(`UPDATE leader SET expires_at = '-infinity' WHERE holder = $1`, [this.options.holder]);
  }

  /** After a pause of the process the loop may wake before the timer that ends the term: it is over all the same. */
  #lastingTerm(): Term | undefined {
    if (this.#term && !this.current) this.#term.end('the lease has expired');
    return this.#term;
  }

  /** A lease of our own that ran out while its renewal was under way may be taken again before its time. */
  async #tryToLead(client: Client): Promise<void> {
    const expiresAtMs = this.#clock.nowMs() + this.#leaseMs;
    // clock_timestamp(), not now(): the statement may have waited for writes of the term before.
    const { rows } = await client.query<{ epoch: string }>(
      `UPDATE leader SET epoch = epoch + 1, holder = $1, since = clock_timestamp(),
         expires_at = clock_timestamp() + $2::bigint * interval '1 ms'
       WHERE expires_at <= clock_timestamp() OR holder = $1 RETURNING epoch`,
      [this.options.holder, Math.round(this.#leaseMs)],
    );
    if (rows[0]) this.#begin(new Term(Number(rows[0].epoch), expiresAtMs, this.#clock));
  }

  #begin(term: Term): void {
    // So long was the answer under way, or this process paused, that it is over before it began.
    if (this.#clock.nowMs() >= term.expiresAtMs) return term.end('the lease has expired');
    this.#term = term;
    term.ended.addEventListener('abort', () => {
      this.#term = undefined;
      for (const listener of this.#listeners) listener.lost(term);
    });
    for (const listener of this.#listeners) listener.gained(term);
  }

  async #renew(client: Client, term: Term): Promise<void> {
    const expiresAtMs = this.#clock.nowMs() + this.#leaseMs;
    const { rowCount } = await client.query(
      `UPDATE leader SET expires_at = clock_timestamp() + $2::bigint * interval '1 ms' WHERE epoch = $1`,
      [term.epoch, Math.round(this.#leaseMs)],
    );
    if (term.ended.aborted) return;
    if (rowCount === 0) term.end('another replica has taken over');
    else term.renew(expiresAtMs);
  }
}
