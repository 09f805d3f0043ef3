import type { Clock } from '#libs/clock';

/**
 * One term of leading, taken once by whatever acts for it and handed to every write: work that began in one term must
 * not go on in the name of another, nor without one.
 */
export interface Leadership {
  /** Each write checks it within its own transaction; every take-over raises it. */
  readonly epoch: number;
  /** Aborted when the term is over, at its expiry at the latest. */
  readonly ended: AbortSignal;
  /** By this replica's monotonic clock; each renewal moves it on. Never later than the database's own. */
  readonly expiresAtMs: number;
}

/** A term as the election holds it. It ends by itself at its expiry, whatever its connection is doing then. */
export class Term implements Leadership {
  readonly #end = new AbortController();
  #expiresAtMs = -Infinity;
  #cancelExpiry: () => void = () => {};

  constructor(
    readonly epoch: number,
    expiresAtMs: number,
    private readonly clock: Clock,
  ) {
    this.renew(expiresAtMs);
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  renew(expiresAtMs: number): void {
    this.#cancelExpiry();
    this.#expiresAtMs = expiresAtMs;
    const leftMs = Math.max(0, expiresAtMs - this.clock.nowMs());
    this.#cancelExpiry = this.clock.after(leftMs, () => this.end('the lease has expired'));
  }

  end(reason: string): void {
    this.#cancelExpiry();
    this.#end.abort(new Error(`the term of epoch ${this.epoch} is over: ${reason}`));
  }
}
