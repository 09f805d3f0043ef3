import type { Logger } from './logger.js';

export interface LimitedLogOptions {
  readonly logger: Logger;
  /** Monotonic. */
  readonly nowMs?: () => number;
  /** Default: a minute. */
  readonly everyMs?: number;
  /** More keys than this share one line: whoever is told apart by what they send must not fill memory or disk. */
  readonly mostKeys?: number;
}

const OTHERS = '';

/**
 * Lines about what others may do as often as they like: the first of each key at once, then one a while, which says how
 * many were left out since.
 */
export class LimitedLog {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #everyMs: number;
  readonly #mostKeys: number;
  /** In the order in which they may be forgotten. */
  readonly #lines = new Map<string, { readonly untilMs: number; leftOut: number }>();

  constructor({ logger, nowMs = () => performance.now(), everyMs = 60_000, mostKeys = 1_000 }: LimitedLogOptions) {
    this.#logger = logger;
    this.#nowMs = nowMs;
    this.#everyMs = everyMs;
    this.#mostKeys = mostKeys;
  }

  error(key: string, fields: object, message: string): void {
    this.#write('error', key, fields, message);
  }

  warn(key: string, fields: object, message: string): void {
    this.#write('warn', key, fields, message);
  }

  info(key: string, fields: object, message: string): void {
    this.#write('info', key, fields, message);
  }

  /** The next line of each of these is written at once. */
  forget(...keys: readonly string[]): void {
    for (const key of keys) this.#lines.delete(key);
  }

  #write(level: 'error' | 'warn' | 'info', wanted: string, fields: object, message: string): void {
    const nowMs = this.#nowMs();
    const key = this.#lines.has(wanted) || this.#makesRoom(nowMs) ? wanted : OTHERS;
    const line = this.#lines.get(key);
    if (line && nowMs < line.untilMs) {
      line.leftOut++;
      return;
    }
    this.#lines.delete(key);
    this.#lines.set(key, { untilMs: nowMs + this.#everyMs, leftOut: 0 });
    this.#logger[level]({ ...fields, ...(line && line.leftOut > 0 && { leftOut: line.leftOut }) }, message);
  }

  /** Forgets those whose time is over. */
  #makesRoom(nowMs: number): boolean {
    if (this.#lines.size < this.#mostKeys) return true;
    for (const [key, { untilMs }] of this.#lines) {
      if (untilMs > nowMs) break;
      this.#lines.delete(key);
    }
    return this.#lines.size < this.#mostKeys;
  }
}
