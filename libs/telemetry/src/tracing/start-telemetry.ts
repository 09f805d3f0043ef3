import { context, type ContextManager, propagation, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { MetricsRegistry } from '../metrics/registry.js';
import { metricNames, resourceAttributes } from '../names.js';
import { CountedExport, type ExportLog } from './counted-export.js';
import { recorder, type SpanRecorder } from './span-recorder.js';
import { SignalboxSampler } from './sampler.js';
import { SpanIds } from './span-ids.js';

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

const MAX_QUEUE_SIZE = 2_048;
const MAX_BATCH_SIZE = 512;
const DEFAULT_DELAY_MS = 5_000;

/**
 * Starts the SDK once for the process. Without an endpoint no exporter is made: the SDK would retry for ever against its
 * default address. No context manager is registered and nothing is instrumented, because an active one slows every
 * `await` of the process; spans are handed on explicitly. Metrics and logs don't go through the SDK.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const exporting = options.export ?? exportConfigured();
  const counted = exporting
    ? new CountedExport(
        new OTLPTraceExporter(),
        {
          maxQueueSize: MAX_QUEUE_SIZE,
          maxBatchSize: MAX_BATCH_SIZE,
          delayMs: options.exportDelayMs ?? DEFAULT_DELAY_MS,
        },
        options.log,
      )
    : undefined;
  const ids = new SpanIds();
  const sdk = new NodeSDK({
    resource: resourceOf(options),
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    // The SDK reads null as "register none", which its types leave out for this one.
    contextManager: null as unknown as ContextManager,
    textMapPropagator: null,
    sampler: new SignalboxSampler(exporting ? options.ratio : 0),
    idGenerator: ids,
    spanProcessors: [counted ?? new NoopSpanProcessor()],
  });
  sdk.start();
  const tracer = trace.getTracer('signalbox', options.version);
  if (options.metrics) registerMetrics(options.metrics, counted);

  let ended: Promise<void> | undefined;
  return {
    tracer,
    recorder: recorder(tracer, ids),
    exporting,
    droppedSpans: () => counted?.droppedSpans ?? 0,
    shutdown: (deadlineMs) => (ended ??= end(sdk, counted, deadlineMs)),
  };
}

function exportConfigured(): boolean {
  const { env } = process;
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

/** `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` win; host and process are not detected: that exports the command line. */
function resourceOf({ serviceName, version, instanceId }: TelemetryOptions) {
  return resourceFromAttributes({
    [ATTR_SERVICE_NAME]: serviceName,
    [ATTR_SERVICE_VERSION]: version,
    [resourceAttributes.serviceInstanceId]: instanceId,
  }).merge(detectResources({ detectors: [envDetector] }));
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

async function end(sdk: NodeSDK, counted: CountedExport | undefined, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  // A failed export is counted and logged already; the end of the process must not fail for it.
  await Promise.race([sdk.shutdown().catch(() => undefined), deadline]);
  clearTimeout(timer);
  counted?.abandon();
  trace.disable();
  context.disable();
  propagation.disable();
}
