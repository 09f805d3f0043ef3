import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ExportTally } from '../otlp/export-tally.js';

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

  constructor(
    exporter: SpanExporter,
    private readonly options: CountedExportOptions,
    private readonly tally: ExportTally,
  ) {
    this.batch = new BatchSpanProcessor(this.watch(exporter), {
      maxQueueSize: options.maxQueueSize,
      maxExportBatchSize: options.maxBatchSize,
      scheduledDelayMillis: options.delayMs,
    });
  }

  /** Spans that wait or are on their way. */
  get pendingSpans(): number {
    return this.queued + this.inExport;
  }

  onStart(_span: Span, _parentContext: Context): void {}

  onEnd(span: ReadableSpan): void {
    if (this.queued >= this.options.maxQueueSize) {
      this.tally.refused(1);
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
    this.tally.abandoned(this.pendingSpans);
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
          if ((result.code as number) === SUCCESS) this.tally.succeeded(spans.length, 0, '');
          else this.tally.failed(spans.length, result.error);
          if (this.pendingSpans === 0) this.tally.recovered();
          done(result);
        });
      },
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
      shutdown: () => exporter.shutdown(),
    };
  }
}
