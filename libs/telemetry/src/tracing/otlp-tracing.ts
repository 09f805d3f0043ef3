import { context, type ContextManager, propagation, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { systemClock } from '#libs/clock';
import { newSpanId, newTraceId } from '../ids.js';
import { resourceAttributes } from '../names.js';
import { ExportTally } from '../otlp/export-tally.js';
import { otlpSender } from '../otlp/otlp-sender.js';
import { type SpanProjection, SpanQueue } from '../otlp/span-queue.js';
import { TraceRequest } from '../otlp/trace-request.js';
import { CountedExport } from './counted-export.js';
import { SignalboxSampler } from './sampler.js';
import type { TelemetryOptions } from './telemetry-options.js';

export interface OtlpTracing {
  readonly tracer: Tracer;
  readonly tally: ExportTally;
  pendingSpans(): number;
  spanQueue<T>(projection: SpanProjection<T>): SpanQueue<T>;
  /** Sends what waits, but takes at most this long. */
  end(deadlineMs: number): Promise<void>;
}

const SCOPE = 'signalbox';
const MAX_QUEUE_SIZE = 2_048;
const MAX_BATCH_SIZE = 512;
const DEFAULT_DELAY_MS = 5_000;

/**
 * The OpenTelemetry SDK with an OTLP exporter, for spans around running work; finished requests go to the same endpoint
 * through queues of our own, which cost a fraction. No context manager is registered and nothing is instrumented, because an
 * active one slows every `await` of the process; spans are handed on explicitly. Metrics and logs don't go through it.
 */
export function startOtlpTracing(options: TelemetryOptions): OtlpTracing {
  const delayMs = options.exportDelayMs ?? DEFAULT_DELAY_MS;
  const tally = new ExportTally(options.log);
  const counted = new CountedExport(
    new OTLPTraceExporter(),
    { maxQueueSize: MAX_QUEUE_SIZE, maxBatchSize: MAX_BATCH_SIZE, delayMs },
    tally,
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
  const sender = otlpSender();
  const request = new TraceRequest(resource.attributes, { name: SCOPE, version: options.version });
  const queues: Pick<SpanQueue<unknown>, 'pendingSpans' | 'flush' | 'abandon'>[] = [];
  return {
    tracer: trace.getTracer(SCOPE, options.version),
    tally,
    pendingSpans: () => queues.reduce((sum, queue) => sum + queue.pendingSpans, counted.pendingSpans),
    spanQueue: (projection) => {
      const queue = new SpanQueue({ projection, request, send: sender.send, tally, clock: systemClock, delayMs });
      queues.push(queue);
      return queue;
    },
    end: async (deadlineMs) => {
      // Each by itself: the SDK says by a rejection that its last export failed, which is no reason to give up ours.
      const flushed = Promise.allSettled([sdk.shutdown(), ...queues.map((queue) => queue.flush())]);
      await within(
        deadlineMs,
        flushed.then(() => sender.shutdown()),
      );
      for (const queue of [counted, ...queues]) queue.abandon();
      trace.disable();
      context.disable();
      propagation.disable();
    },
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

/** A failed export is counted and logged already; the end of the process must not fail for it. */
async function within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([work.catch(() => undefined), deadline]);
  clearTimeout(timer);
}
