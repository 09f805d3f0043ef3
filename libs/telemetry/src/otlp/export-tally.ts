export interface ExportLog {
  warn(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
}

/** A line about lost spans at most this often, however the loss comes and goes. */
const OVERFLOW_LINE_EVERY_MS = 60_000;

/**
 * What became of the spans of one process, and the few log lines about it: an endpoint that is away for a day is two
 * lines, and a metric.
 */
export class ExportTally {
  private dropped = 0;
  private exported = 0;
  private failing = false;
  /** Dropped for want of room since a line said so. */
  private overflowed = 0;
  private overflowLineDueMs = 0;

  constructor(
    private readonly log: ExportLog,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Spans that no backend has: there was no room, an export failed or was refused, or the process ended first. */
  get droppedSpans(): number {
    return this.dropped;
  }

  get exportedSpans(): number {
    return this.exported;
  }

  /** An export went well, though the backend may have refused some of the spans in it. */
  succeeded(spans: number, rejected: number, reason: string): void {
    this.exported += spans - rejected;
    this.dropped += rejected;
    if (rejected > 0) this.failed(0, new Error(reason || 'the endpoint refused some of the spans'));
    else if (this.failing) {
      this.failing = false;
      this.log.info({ droppedSpans: this.dropped }, 'traces are exported again');
    }
  }

  /** Logs the first failure of a row. */
  failed(spans: number, error: Error | undefined): void {
    this.dropped += spans;
    if (this.failing) return;
    this.failing = true;
    this.log.warn(
      { err: error },
      'traces cannot be exported; spans are dropped until the OTLP endpoint takes them again',
    );
  }

  /** There was no room for these. */
  refused(spans: number): void {
    this.dropped += spans;
    this.overflowed += spans;
  }

  /** There is room again. */
  recovered(): void {
    if (this.overflowed === 0 || this.nowMs() < this.overflowLineDueMs) return;
    this.overflowLineDueMs = this.nowMs() + OVERFLOW_LINE_EVERY_MS;
    this.log.warn(
      { droppedSpans: this.overflowed },
      'spans were dropped: more were waiting for their export than there is room for',
    );
    this.overflowed = 0;
  }

  /** The process ends with these unsent. */
  abandoned(spans: number): void {
    this.dropped += spans;
  }
}
