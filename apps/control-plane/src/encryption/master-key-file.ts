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
  #heldByAll: ReadonlySet<string> | undefined;

  /** Throws an Error that names the file and the fix, never its content. */
  constructor(path: string, options: MasterKeyFileOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#keys = MasterKeys.load(path);
    this.#fingerprint = fingerprintOf(path);
    this.#checkedAtMs = this.#now();
  }

  /**
   * The first line's key; while some replica lacks it, the first one that all hold: what one replica writes in the middle
   * of a rotation, the others can read.
   */
  get current(): MasterKey {
    const shared = this.#keys.ids.find((id) => this.#heldByAll?.has(id));
    return (shared !== undefined && this.#keys.find(shared)) || this.#keys.current;
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

  /** Which keys every live replica holds; undefined: not known. */
  shareWith(heldByAll: ReadonlySet<string> | undefined): void {
    this.#heldByAll = heldByAll;
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
