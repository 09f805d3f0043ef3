import { Client, type ClientConfig } from 'pg';

export interface GuardedClientConfig extends ClientConfig {
  /** Absent: an answer may take as long as it takes. */
  readonly silenceMs?: number;
  /** The other connections of its pool: what ended one has probably hit those that were heard even longer ago. */
  readonly siblings?: Set<GuardedClient>;
}

/** So long a connection that is being closed may wait for the server's goodbye. */
const GOODBYE_MS = 1_000;
/** Timers count from the start of their turn of the loop, which may have been a little before. */
const TIMER_EARLY_MS = 100;

/**
 * A connection that never keeps anyone waiting for an answer that doesn't come. Networks lose connections without a word,
 * at a fail-over above all; TCP would wait for a quarter of an hour. While an answer is due, silence for `silenceMs` ends
 * the connection, and with it what waited: it can't be used again, as the late answer would be taken for another's. What
 * arrives, however slowly, is no silence, so a long list needs no longer limit.
 */
export class GuardedClient extends Client {
  readonly #silenceMs: number | undefined;
  readonly #siblings: Set<GuardedClient> | undefined;
  #due = false;
  #askedAtMs = 0;
  #heardAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: GuardedClientConfig) {
    super(config);
    this.#silenceMs = config.silenceMs;
    this.#siblings = config.siblings;
    this.on('drain', () => (this.#due = false));
    this.on('end', () => {
      clearTimeout(this.#timer);
      this.#siblings?.delete(this);
    });
    // Not before: TLS puts another socket in the first one's place.
    this.once('connect', () => {
      this.#siblings?.add(this);
      this.#hear();
      this.connection.stream.on('data', () => this.#hear());
    });
    // A server that has turned read-only can't serve anyone here any more: the next connection finds the one that can.
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code === READ_ONLY) setImmediate(() => this.connection.stream.destroy());
    });
  }

  override query(...parameters: unknown[]): never {
    this.#expectAnswer();
    return (super.query as (...all: unknown[]) => never).apply(this, parameters);
  }

  override end(...parameters: unknown[]): never {
    setTimeout(() => this.connection.stream.destroy(), GOODBYE_MS).unref();
    return (super.end as (...all: unknown[]) => never).apply(this, parameters);
  }

  #hear(): void {
    this.#heardAtMs = performance.now();
    this.#timer?.refresh();
  }

  /** Time runs from the first question that is open, not from the last: questions are no sign of life. */
  #expectAnswer(): void {
    if (this.#silenceMs === undefined || this.#due) return;
    this.#due = true;
    this.#askedAtMs = performance.now();
    this.#timer ??= setTimeout(() => this.#onSilence(), this.#silenceMs).unref();
    this.#timer.refresh();
  }

  /**
   * A timer alone proves nothing: it may fire in the turn in which a question was asked, as another one of that turn asked
   * it, and after the process stood still it fires before what has arrived is read. So the socket is read first.
   */
  #onSilence(): void {
    if (this.#due) setImmediate(() => this.#judgeSilence());
  }

  #judgeSilence(): void {
    if (!this.#due) return;
    const silenceMs = this.#silenceMs ?? 0;
    const silentMs = performance.now() - Math.max(this.#askedAtMs, this.#heardAtMs);
    if (silentMs < silenceMs - TIMER_EARLY_MS) {
      this.#timer?.refresh();
      return;
    }
    const seconds = Number((silenceMs / 1_000).toFixed(2));
    this.#giveUp(`Postgres has not answered for ${seconds} s: the connection is given up`);
    for (const sibling of this.#siblings ?? []) sibling.#doubt(this.#askedAtMs);
  }

  /** Whoever got this one next would wait just as long. One that is waiting already finds out by itself. */
  #doubt(sinceMs: number): void {
    if (!this.#due && this.#heardAtMs < sinceMs) this.#giveUp('another connection to Postgres has fallen silent');
  }

  #giveUp(reason: string): void {
    this.connection.stream.destroy(Object.assign(new Error(reason), { code: 'ETIMEDOUT', syscall: 'read' }));
  }
}

/** SQLSTATE of a write that a standby or a read-only server refuses. */
export const READ_ONLY = '25006';
