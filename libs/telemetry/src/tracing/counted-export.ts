import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

export interface ExportLog {
  warn(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
}

export interface CountedExportOptions {
  /** Spans that wait at most; more are dropped. */
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
  readonly delayMs: number;
}

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/**
 * The SDK's batch processor with its bound made visible. It drops without telling when its buffer is full or an export
 * fails, so the bound is kept here, in front of it, and the exporter is watched behind it. Nothing ever waits: a full
 * queue costs one comparison.
 */
export class CountedExport implements SpanProcessor {
  private readonly batch: BatchSpanProcessor;
  private queued = 0;
  private inExport = 0;
  private dropped = 0;
  private exported = 0;
  private failing = false;

  constructor(
    exporter: SpanExporter,
    private readonly options: CountedExportOptions,
    private readonly log: ExportLog,
  ) {
    this.batch = new BatchSpanProcessor(this.watch(exporter), {
      maxQueueSize: options.maxQueueSize,
      maxExportBatchSize: options.maxBatchSize,
      scheduledDelayMillis: options.delayMs,
    });
  }

  /** Spans that no backend got: the queue was full, an export failed, or the process ended first. */
  get droppedSpans(): number {
    return this.dropped;
  }

  get exportedSpans(): number {
    return this.exported;
  }

  /** Spans that wait or are on their way. */
  get pendingSpans(): number {
    return this.queued + this.inExport;
  }

  onStart(_span: Span, _parentContext: Context): void {}

  onEnd(span: ReadableSpan): void {
    if (this.queued >= this.options.maxQueueSize) {
      this.dropped++;
      return;
    }
    this.queued++;
    this.batch.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batch.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batch.shutdown();
  }

  /** Counts what is still unsent; after this the process ends. */
  abandon(): void {
    this.dropped += this.pendingSpans;
    this.queued = 0;
    this.inExport = 0;
  }

  private watch(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.queued -= spans.length;
        this.inExport += spans.length;
        exporter.export(spans, (result) => {
          this.inExport -= spans.length;
          if ((result.code as number) === SUCCESS) this.succeeded(spans.length);
          else this.failed(spans.length, result.error);
          done(result);
        });
      },
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
      shutdown: () => exporter.shutdown(),
    };
  }

  private succeeded(spans: number): void {
    this.exported += spans;
    if (!this.failing) return;
    this.failing = false;
    this.log.info({ droppedSpans: this.dropped }, 'traces are exported again');
  }

  /** Logs the first failure of a row: an exporter that is away for a day is one line, and a metric. */
  private failed(spans: number, error: Error | undefined): void {
    this.dropped += spans;
    if (this.failing) return;
    this.failing = true;
    this.log.warn({ err: error }, 'traces cannot be exported; spans are dropped until the OTLP endpoint answers again');
  }
}
