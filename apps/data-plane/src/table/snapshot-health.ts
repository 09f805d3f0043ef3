import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import { Listeners } from '../events/listeners.js';

export interface SnapshotFailure {
  /** For people, on one line. */
  readonly reason: string;
  readonly sinceMs: number;
}

/**
 * Whether the disk takes what is served. While it doesn't, requests are served as ever, but a restart would begin with an
 * older table, so probe, metric, DataPlane object and log show it.
 */
export class SnapshotHealth {
  private current: SnapshotFailure | undefined;
  private readonly listeners: Listeners;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'error' | 'info'>,
  ) {
    this.listeners = new Listeners((err) => logger.error({ err }, 'a failing snapshot could not be made known'));
  }

  /** undefined: the last write worked, or there was none yet. */
  get failure(): SnapshotFailure | undefined {
    return this.current;
  }

  /** For how long it has been failing; 0: it isn't. */
  get failingForMs(): number {
    return this.current ? this.clock.nowMs() - this.current.sinceMs : 0;
  }

  /** Called when writing begins to fail, fails for another reason, or works again. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  failed(error: unknown): void {
    const reason = reasonOf(error);
    if (this.current?.reason === reason) return;
    this.current = { reason, sinceMs: this.current?.sinceMs ?? this.clock.nowMs() };
    this.logger.error(
      { err: error, reason },
      'the snapshot cannot be written: a restart would serve an older table; it is tried again until it works',
    );
    this.listeners.call();
  }

  written(): void {
    if (!this.current) return;
    this.logger.info({ failedForMs: Math.round(this.failingForMs) }, 'the snapshot is written again');
    this.current = undefined;
    this.listeners.call();
  }
}

/** `ENOSPC: no space left on device`: without the call and the path, which differ from attempt to attempt. */
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof message === 'string') return message.split(', ', 1)[0]!;
  return `unexpected ${error instanceof Error ? error.name : typeof error}`;
}
