import type { Tracer } from '@opentelemetry/api';
import type { MetricsRegistry } from '../metrics/registry.js';
import { metricNames } from '../names.js';
import type { CountedExport } from './counted-export.js';
import type { SpanRecorder } from './span-recorder.js';
import type { TelemetryOptions } from './telemetry-options.js';
import { silentTracer } from './with-span.js';

export interface Telemetry {
  /** For spans around running work: see withSpan. */
  readonly tracer: Tracer;
  /** For spans made after the fact. */
  readonly recorder: SpanRecorder;
  /** False: no endpoint is configured, so there is no use in building spans; trace ids exist all the same. */
  readonly exporting: boolean;
  readonly droppedSpans: () => number;
  /** Sends what waits, but takes at most this long; what is left then is dropped and counted. */
  readonly shutdown: (deadlineMs: number) => Promise<void>;
}

/**
 * Starts tracing once for the process. Without an endpoint no exporter is made (the SDK would retry for ever against its
 * default address), and the SDK isn't even loaded: that costs most of a second of CPU.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const exporting = options.export ?? exportConfigured();
  const tracing = exporting ? (await import('./otlp-tracing.js')).startOtlpTracing(options) : undefined;
  if (options.metrics) registerMetrics(options.metrics, tracing?.counted);
  let ended: Promise<void> | undefined;
  return {
    tracer: tracing?.tracer ?? silentTracer,
    recorder: tracing?.recorder ?? (() => undefined),
    exporting,
    droppedSpans: () => tracing?.counted.droppedSpans ?? 0,
    shutdown: (deadlineMs) => (ended ??= tracing?.end(deadlineMs) ?? Promise.resolve()),
  };
}

function exportConfigured(): boolean {
  const { env } = process;
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

function registerMetrics(metrics: MetricsRegistry, counted: CountedExport | undefined): void {
  metrics.counterFrom(metricNames.spansDropped, 'Spans that reached no backend.', [], (observe) =>
    observe(counted?.droppedSpans ?? 0),
  );
  metrics.counterFrom(metricNames.spansExported, 'Spans that the OTLP endpoint took.', [], (observe) =>
    observe(counted?.exportedSpans ?? 0),
  );
  metrics.gaugeFrom(metricNames.spansPending, 'Spans waiting for their export or in it.', [], (observe) =>
    observe(counted?.pendingSpans ?? 0),
  );
}
