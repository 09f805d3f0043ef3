import type { Cancel, Clock } from '#libs/clock';
import type { Snapshot } from './snapshot-content.js';

export interface SnapshotWriterOptions {
  /** What to write; undefined: nothing to keep yet. */
  readonly take: () => Snapshot | undefined;
  readonly write: (snapshot: Snapshot) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** A burst of changes is written once, this long after its first. */
  readonly delayMs: number;
}

/** After a write, this many times what it took passes before the next: a large table that changes all the time costs a tenth. */
const REST_RATIO = 9;

/** Writes what is current some time after it changed, one write at a time, away from the requests' path. */
export class SnapshotWriter {
  private cancelWait: Cancel | undefined;
  private writing: Promise<void> | undefined;
  private changedMeanwhile = false;
  private restsUntilMs = -Infinity;

  constructor(private readonly options: SnapshotWriterOptions) {}

  schedule(): void {
    if (this.writing) {
      this.changedMeanwhile = true;
      return;
    }
    const { clock, delayMs } = this.options;
    this.cancelWait ??= clock.after(Math.max(delayMs, this.restsUntilMs - clock.nowMs()), () => this.begin());
  }

  /** Writes now what still waits, and resolves when the disk has it. */
  async flush(): Promise<void> {
    await this.writing;
    if (!this.cancelWait) return;
    this.cancelWait();
    this.begin();
    await this.writing;
  }

  private begin(): void {
    this.cancelWait = undefined;
    this.writing = this.write().finally(() => {
      this.writing = undefined;
      if (!this.changedMeanwhile) return;
      this.changedMeanwhile = false;
      this.schedule();
    });
  }

  private async write(): Promise<void> {
    const { clock, onError, take, write } = this.options;
    const snapshot = take();
    if (!snapshot) return;
    const startedMs = clock.nowMs();
    try {
      await write(snapshot);
    } catch (error) {
      onError(error);
    }
    const endedMs = clock.nowMs();
    this.restsUntilMs = endedMs + REST_RATIO * (endedMs - startedMs);
  }
}
