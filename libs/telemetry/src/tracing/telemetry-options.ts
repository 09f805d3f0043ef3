import type { MetricsRegistry } from '../metrics/registry.js';
import type { ExportLog } from '../otlp/export-tally.js';

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly version: string;
  /** Tells this process from its siblings. */
  readonly instanceId: string;
  /** Share of traces without a parent that are sampled, 0 to 1. */
  readonly ratio: number;
  readonly log: ExportLog;
  readonly metrics?: MetricsRegistry;
  /** Spans wait this long for others to share an export with; default 5 s. */
  readonly exportDelayMs?: number;
  /** Whether any OTLP endpoint is configured; by default as `OTEL_EXPORTER_OTLP_*` says. */
  readonly export?: boolean;
}
