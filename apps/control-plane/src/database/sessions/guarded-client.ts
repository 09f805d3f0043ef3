import { Client, type ClientConfig } from 'pg';

export interface GuardedClientConfig extends ClientConfig {
  /** Absent: an answer may take as long as it takes. */
  readonly silenceMs?: number;
}

/** So long a connection that is being closed may wait for the server's goodbye. */
const GOODBYE_MS = 1_000;

/**
 * A connection that never keeps anyone waiting for an answer that doesn't come. Networks lose connections without a word,
 * at a fail-over above all; TCP would wait for a quarter of an hour. While an answer is due, silence for `silenceMs` ends
 * the connection, and with it what waited: it can't be used again, as the late answer would be taken for another's. What
 * arrives, however slowly, is no silence, so a long list needs no longer limit.
 */
export class GuardedClient extends Client {
  readonly #silenceMs: number | undefined;
  #due = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: GuardedClientConfig) {
    super(config);
    this.#silenceMs = config.silenceMs;
    this.on('drain', () => (this.#due = false));
    this.on('end', () => clearTimeout(this.#timer));
    // Not before: TLS puts another socket in the first one's place.
    this.once('connect', () => this.connection.stream.on('data', () => this.#timer?.refresh()));
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

  #expectAnswer(): void {
    if (this.#silenceMs === undefined) return;
    if (!this.#timer) this.#timer = setTimeout(() => this.#onSilence(), this.#silenceMs).unref();
    // Running from the first question that is open, not from the last: questions are no sign of life.
    else if (!this.#due) this.#timer.refresh();
    this.#due = true;
  }

  #onSilence(): void {
    if (!this.#due) return;
    const seconds = (this.#silenceMs ?? 0) / 1_000;
    const error = new Error(`Postgres has not answered for ${seconds} s: the connection is given up`);
    this.connection.stream.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'read' }));
  }
}

/** SQLSTATE of a write that a standby or a read-only server refuses. */
export const READ_ONLY = '25006';
