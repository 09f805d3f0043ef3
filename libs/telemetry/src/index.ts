export * from './ids.js';
export * from './names.js';
export * from './trace-parent.js';
export {
  createLogger,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  logLevels,
  traceFields,
} from './logging/logger.js';
export { LimitedLog, type LimitedLogOptions } from './logging/limited-log.js';
export { MASK, maskSecrets } from './logging/mask-secrets.js';
export { EXPOSITION_CONTENT_TYPE, type MetricType } from './metrics/exposition.js';
export { type Family, OVERFLOW } from './metrics/family.js';
export { countReconciles } from './metrics/reconcile-metrics.js';
export { type Collect, MetricsRegistry, type MetricsRegistryOptions } from './metrics/registry.js';
export type { Counter, Gauge, Histogram } from './metrics/series.js';
export { attributeKeys } from './otlp/attribute-key.js';
export type { SpanProjection, SpanQueue } from './otlp/span-queue.js';
export { type SpanHead, SpanWriter } from './otlp/span-writer.js';
export { TraceRequest } from './otlp/trace-request.js';
export { ratioSelects } from './tracing/ratio.js';
export { startTelemetry, type Telemetry } from './tracing/start-telemetry.js';
export type { TelemetryOptions } from './tracing/telemetry-options.js';
export { type RunningSpan, silentTracer, type SpanOptions, withSpan } from './tracing/with-span.js';
export { withSpanInEach } from './tracing/with-span-in-each.js';
export { registerProcessMetrics } from './process-metrics.js';
export { softwareVersion } from './version.js';
