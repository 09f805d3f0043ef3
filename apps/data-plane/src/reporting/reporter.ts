import type { SpanRecorder } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import type { RequestObserver } from '../pipeline/runtime.js';
import type { AccessLog } from './access-log.js';
import type { RequestMetrics } from './request-metrics.js';
import { requestSpans } from './request-spans.js';
import type { SpanSelection } from './span-selection.js';

/** Metrics, spans and log lines: projections of the finished record. */
export class Reporter implements RequestObserver {
  constructor(
    private readonly metrics: RequestMetrics,
    private readonly log: AccessLog,
    /** Absent: no tracing backend is configured, so no span is ever built. */
    private readonly spans?: { readonly selection: SpanSelection; readonly record: SpanRecorder },
  ) {}

  started(): void {
    this.metrics.started();
  }

  finished(record: RequestRecord): void {
    this.metrics.finished(record);
    if (this.spans?.selection.selects(record)) requestSpans(record).forEach(this.spans.record);
    this.log.finished(record);
  }
}
