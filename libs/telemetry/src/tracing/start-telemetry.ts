import type { Tracer } from '@opentelemetry/api';
import type { MetricsRegistry } from '../metrics/registry.js';
import { metricNames } from '../names.js';
import type { SpanProjection, SpanQueue } from '../otlp/span-queue.js';
import type { OtlpTracing } from './otlp-tracing.js';
import type { TelemetryOptions } from './telemetry-options.js';
import { silentTracer } from './with-span.js';

export interface Telemetry {
  /** For spans around running work: see withSpan. */
  readonly tracer: Tracer;
  /** False: no endpoint is configured, so there is no use in building spans; trace ids exist all the same. */
  readonly exporting: boolean;
  /** For spans made after the fact, from what is known of finished work; undefined: nothing is exported. */
  readonly spanQueue: <T>(projection: SpanProjection<T>) => SpanQueue<T> | undefined;
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
  if (options.metrics) registerMetrics(options.metrics, tracing);
  let ended: Promise<void> | undefined;
  return {
    tracer: tracing?.tracer ?? silentTracer,
    exporting,
    spanQueue: (projection) => tracing?.spanQueue(projection),
    droppedSpans: () => tracing?.tally.droppedSpans ?? 0,
    shutdown: (deadlineMs) => (ended ??= tracing?.end(deadlineMs) ?? Promise.resolve()),
  };
}

function exportConfigured(): boolean {
  const { env } = process;
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

function registerMetrics(metrics: MetricsRegistry, tracing: OtlpTracing | undefined): void {
  metrics.counterFrom(metricNames.spansDropped, 'Spans that reached no backend.', [], (observe) =>
    observe(tracing?.tally.droppedSpans ?? 0),
  );
  metrics.counterFrom(metricNames.spansExported, 'Spans that the OTLP endpoint took.', [], (observe) =>
    observe(tracing?.tally.exportedSpans ?? 0),
  );
  metrics.gaugeFrom(metricNames.spansPending, 'Spans waiting for their export or in it.', [], (observe) =>
    observe(tracing?.pendingSpans() ?? 0),
  );
}
