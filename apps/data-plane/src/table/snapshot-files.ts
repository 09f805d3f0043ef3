import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSealed, writeSealed } from './sealed-file.js';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot-content.js';
import type { StateKeys } from './state-keys.js';

const GENERATIONS = 2;
const FILE = /^snapshot-(\d{1,15})$/;

export interface LoadedSnapshot {
  readonly path: string;
  readonly snapshot: Snapshot;
}

/** The last good snapshots on disk, `snapshot-<n>` with a rising n; two are kept, so that a damaged one is no loss. */
export class SnapshotFiles {
  constructor(
    private readonly directory: string,
    private readonly keys: StateKeys,
  ) {}

  async write(snapshot: Snapshot): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const [newest = 0] = await this.generations();
    await writeSealed(this.path(newest + 1), encodeSnapshot(snapshot), this.keys);
    for (const old of (await this.generations()).slice(GENERATIONS)) await rm(this.path(old), { force: true });
  }

  /**
   * Snapshots that open, newest first. `onUnusable` is told of each file that does not, with the reason; having none at
   * all is not an error.
   */
  async *load(onUnusable: (path: string, reason: string) => void): AsyncIterableIterator<LoadedSnapshot> {
    for (const generation of await this.generations()) {
      const path = this.path(generation);
      let snapshot: Snapshot;
      try {
        snapshot = decodeSnapshot(await readSealed(path, this.keys));
      } catch (error) {
        onUnusable(path, error instanceof Error ? error.message : String(error));
        continue;
      }
      yield { path, snapshot };
    }
  }

  private path(generation: number): string {
    return join(this.directory, `snapshot-${generation}`);
  }

  /** Newest first. */
  private async generations(): Promise<number[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((left, right) => right - left);
  }
}
