import type { Cancel, Clock } from '#libs/clock';
import type { Snapshot } from './snapshot-content.js';

export interface SnapshotWriterOptions {
  /** What to write; undefined: nothing to keep yet. */
  take(): Snapshot | undefined;
  write(snapshot: Snapshot): Promise<void>;
  onError(error: unknown): void;
  readonly clock: Clock;
  /** A burst of changes is written once, this long after its first. */
  readonly delayMs: number;
}

/** Writes what is current some time after it changed, one write at a time, away from the requests' path. */
export class SnapshotWriter {
  private cancelWait: Cancel | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: SnapshotWriterOptions) {}

  schedule(): void {
    const { clock, delayMs } = this.options;
    this.cancelWait ??= clock.after(delayMs, () => this.begin());
  }

  /** Writes now what still waits, and resolves when the disk has it. */
  async flush(): Promise<void> {
    if (this.cancelWait) {
      this.cancelWait();
      this.begin();
    }
    await this.writing;
  }

  private begin(): void {
    this.cancelWait = undefined;
    this.writing = this.writing.then(() => this.write());
  }

  private async write(): Promise<void> {
    const snapshot = this.options.take();
    if (!snapshot) return;
    try {
      await this.options.write(snapshot);
    } catch (error) {
      this.options.onError(error);
    }
  }
}
