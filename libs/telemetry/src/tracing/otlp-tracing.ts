import { context, type ContextManager, propagation, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { newSpanId, newTraceId } from '../ids.js';
import { resourceAttributes } from '../names.js';
import { CountedExport } from './counted-export.js';
import { SignalboxSampler } from './sampler.js';
import { recorder, type SpanRecorder } from './span-recorder.js';
import type { TelemetryOptions } from './telemetry-options.js';

export interface OtlpTracing {
  readonly tracer: Tracer;
  readonly recorder: SpanRecorder;
  readonly counted: CountedExport;
  /** Sends what waits, but takes at most this long. */
  end(deadlineMs: number): Promise<void>;
}

const SCOPE = 'signalbox';
const MAX_QUEUE_SIZE = 2_048;
const MAX_BATCH_SIZE = 512;
const DEFAULT_DELAY_MS = 5_000;

/**
 * The OpenTelemetry SDK with an OTLP exporter. No context manager is registered and nothing is instrumented, because an
 * active one slows every `await` of the process; spans are handed on explicitly. Metrics and logs don't go through it.
 */
export function startOtlpTracing(options: TelemetryOptions): OtlpTracing {
  const counted = new CountedExport(
    new OTLPTraceExporter(),
    { maxQueueSize: MAX_QUEUE_SIZE, maxBatchSize: MAX_BATCH_SIZE, delayMs: options.exportDelayMs ?? DEFAULT_DELAY_MS },
    options.log,
  );
  const resource = resourceOf(options);
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    // The SDK reads null as "register none", which its types leave out for this one.
    contextManager: null as unknown as ContextManager,
    textMapPropagator: null,
    sampler: new SignalboxSampler(options.ratio),
    idGenerator: { generateTraceId: newTraceId, generateSpanId: newSpanId },
    spanProcessors: [counted],
  });
  sdk.start();
  return {
    tracer: trace.getTracer(SCOPE, options.version),
    recorder: recorder((span) => counted.onEnd(span), {
      resource,
      instrumentationScope: { name: SCOPE, version: options.version },
    }),
    counted,
    end: (deadlineMs) => end(sdk, counted, deadlineMs),
  };
}

/** `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` win; host and process are not detected: that exports the command line. */
function resourceOf({ serviceName, version, instanceId }: TelemetryOptions) {
  return resourceFromAttributes({
    [ATTR_SERVICE_NAME]: serviceName,
    [ATTR_SERVICE_VERSION]: version,
    [resourceAttributes.serviceInstanceId]: instanceId,
  }).merge(detectResources({ detectors: [envDetector] }));
}

async function end(sdk: NodeSDK, counted: CountedExport, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  // A failed export is counted and logged already; the end of the process must not fail for it.
  await Promise.race([sdk.shutdown().catch(() => undefined), deadline]);
  clearTimeout(timer);
  counted.abandon();
  trace.disable();
  context.disable();
  propagation.disable();
}
