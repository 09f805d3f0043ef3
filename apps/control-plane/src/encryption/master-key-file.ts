import { statSync } from 'node:fs';
import type { Logger } from '#libs/telemetry';
import { type KeyRing, type MasterKey, MasterKeys } from './master-keys.js';

/** How often the file is looked at, at most: a new line works at the latest this long after. */
export const KEY_FILE_INTERVAL_MS = 1_000;

export interface MasterKeyFileOptions {
  readonly logger?: Pick<Logger, 'info' | 'error'>;
  readonly nowMs?: () => number;
}

/**
 * The master keys as their file holds them now: keys rotate while the process runs. A file that can't be read or parsed
 * leaves the last good keys in place, as a slip of an editor must not take every secret away.
 */
export class MasterKeyFile implements KeyRing {
  readonly #path: string;
  readonly #options: MasterKeyFileOptions;
  readonly #listeners: (() => void)[] = [];
  #keys: MasterKeys;
  #fingerprint: string;
  #checkedAtMs: number;
  /** A new one with each change, so that what began before it can be told from what began after. */
  #choice: { readonly key: MasterKey };
  /** What has begun and may encrypt: the choice at its beginning. */
  readonly #work = new Set<{ readonly choice: object }>();

  /** Throws an Error that names the file and the fix, never its content. */
  constructor(path: string, options: MasterKeyFileOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#keys = MasterKeys.load(path);
    this.#choice = { key: this.#keys.current };
    this.#fingerprint = fingerprintOf(path);
    this.#checkedAtMs = this.#now();
  }

  /**
   * At the start the first line's key. A file that changes doesn't change it: others must be able to rely on what this
   * replica said that it encrypts under, until it has said otherwise.
   */
  get current(): MasterKey {
    return this.#choice.key;
  }

  /** The first line's, whether others hold it or not. */
  get firstId(): string {
    return this.#keys.current.id;
  }

  /** In the order of the lines. */
  get ids(): readonly string[] {
    return this.#keys.ids;
  }

  /** An id that isn't known may just have been added to the file. */
  find(id: string): MasterKey | undefined {
    const known = this.#keys.find(id);
    if (known) return known;
    this.refresh();
    return this.#keys.find(id);
  }

  /** From now on. A key that has just gone from the file isn't taken. */
  encryptUnder(id: string): void {
    const key = this.#keys.find(id);
    if (key && id !== this.current.id) this.#choice = { key };
  }

  async whileEncrypting<T>(work: () => Promise<T>): Promise<T> {
    const begun = { choice: this.#choice };
    this.#work.add(begun);
    try {
      return await work();
    } finally {
      this.#work.delete(begun);
    }
  }

  /** Whether all that began before the current key was chosen has ended. */
  get isSettled(): boolean {
    return [...this.#work].every(({ choice }) => choice === this.#choice);
  }

  /** Whether nothing that may encrypt is under way. */
  get isIdle(): boolean {
    return this.#work.size === 0;
  }

  /** Called after the keys have changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the file again if it has changed, at most every second. */
  refresh(): void {
    const now = this.#now();
    if (now - this.#checkedAtMs < KEY_FILE_INTERVAL_MS) return;
    this.#checkedAtMs = now;
    const { logger } = this.#options;
    try {
      const fingerprint = fingerprintOf(this.#path);
      if (fingerprint === this.#fingerprint) return;
      this.#fingerprint = fingerprint;
      this.#keys = MasterKeys.load(this.#path);
    } catch (error) {
      logger?.error({ err: error }, 'master keys not read again: the last good ones stay in use');
      return;
    }
    logger?.info({ masterKeys: this.#keys.ids }, 'master keys read again');
    for (const listener of this.#listeners) listener();
  }

  #now(): number {
    return (this.#options.nowMs ?? (() => performance.now()))();
  }
}

function fingerprintOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(file);
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
