import type { SpanQueue } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import type { RequestObserver } from '../exchange/exchange.js';
import type { AccessLog } from './access-log.js';
import type { RequestMetrics } from './request-metrics.js';
import type { SpanSelection } from './span-selection.js';

/** Metrics, spans and log lines: projections of the finished record. */
export class Reporter implements RequestObserver {
  constructor(
    private readonly metrics: RequestMetrics,
    private readonly log: AccessLog,
    /** Absent: no tracing backend is configured, so no span is ever built. */
    private readonly spans?: { readonly selection: SpanSelection; readonly queue: SpanQueue<RequestRecord> },
  ) {}

  started(): void {
    this.metrics.started();
  }

  finished(record: RequestRecord): void {
    this.metrics.finished(record);
    if (this.spans?.selection.selects(record)) this.spans.queue.add(record);
    this.log.finished(record);
  }
}
