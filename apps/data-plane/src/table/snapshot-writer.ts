import type { Cancel, Clock } from '#libs/clock';
import type { Snapshot } from './snapshot-content.js';
import type { SnapshotHealth } from './snapshot-health.js';

export interface SnapshotWriterOptions {
  /** What to write; undefined: nothing to keep yet. */
  readonly take: () => Snapshot | undefined;
  readonly write: (snapshot: Snapshot) => Promise<void>;
  readonly health: Pick<SnapshotHealth, 'failed' | 'written'>;
  readonly clock: Clock;
  /** A burst of changes is written once, this long after its first. */
  readonly delayMs: number;
}

/** After a write, this many times what it took passes before the next: a large table that changes all the time costs a tenth. */
const REST_RATIO = 9;
/** A write that failed is tried again after this time, which doubles with each failure up to the longest. */
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** A disk that is away neither takes nor refuses anything: after this time it counts as failing. */
const UNANSWERED_MS = 30_000;

/** Writes what is current some time after it changed, one write at a time, away from the requests' path, until it works. */
export class SnapshotWriter {
  private cancelWait: Cancel | undefined;
  private writing: Promise<void> | undefined;
  private changedMeanwhile = false;
  private restsUntilMs = -Infinity;
  /** In a row. */
  private failures = 0;

  constructor(private readonly options: SnapshotWriterOptions) {}

  schedule(): void {
    if (this.writing) {
      this.changedMeanwhile = true;
      return;
    }
    const { clock, delayMs } = this.options;
    this.cancelWait ??= clock.after(Math.max(delayMs, this.restsUntilMs - clock.nowMs()), () => this.begin());
  }

  /** Writes now what still waits, what failed before included, and resolves when the disk has it or refuses it once more. */
  async stop(): Promise<void> {
    await this.writing;
    if (!this.cancelWait) return;
    this.cancelWait();
    this.begin();
    await this.writing;
    this.cancelWait?.();
    this.cancelWait = undefined;
  }

  private begin(): void {
    this.cancelWait = undefined;
    this.writing = this.write().finally(() => {
      this.writing = undefined;
      if (!this.changedMeanwhile && this.failures === 0) return;
      this.changedMeanwhile = false;
      this.schedule();
    });
  }

  private async write(): Promise<void> {
    const { clock, health, take, write } = this.options;
    const startedMs = clock.nowMs();
    const cancel = clock.after(UNANSWERED_MS, () => health.failed(new UnansweredError()));
    try {
      const snapshot = take();
      if (!snapshot) return;
      await write(snapshot);
      this.failures = 0;
      health.written();
    } catch (error) {
      this.failures += 1;
      health.failed(error);
    } finally {
      cancel();
    }
    const endedMs = clock.nowMs();
    this.restsUntilMs = endedMs + Math.max(REST_RATIO * (endedMs - startedMs), retryAfterMs(this.failures));
  }
}

/** As the system's own errors look. */
class UnansweredError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super(`ETIMEDOUT: the disk has not answered for ${UNANSWERED_MS / 1000} s`);
  }
}

/** 0: nothing failed. */
function retryAfterMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(failures - 1, 30));
}
