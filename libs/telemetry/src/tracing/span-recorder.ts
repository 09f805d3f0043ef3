import type { Attributes, HrTime, SpanContext, SpanKind } from '@opentelemetry/api';
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** A span whose work is over. Times are epoch milliseconds, fractions welcome. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  /** Absent: the root of its trace. */
  readonly parentSpanId?: string;
  /** The parent is in another process. */
  readonly parentIsRemote?: boolean;
  readonly startMs: number;
  readonly endMs: number;
  /** Valid OpenTelemetry attributes; none of them undefined. Not copied. */
  readonly attributes: Attributes;
  /** Sets the status to Error; one line without secrets. Absent: the status stays unset. */
  readonly error?: string;
  readonly events?: readonly { readonly name: string; readonly atMs: number }[];
}

/** Hands a finished span to the export with the given ids and times; who calls it has decided that it is sampled. */
export type SpanRecorder = (span: RecordedSpan) => void;

const UNSET = { code: SpanStatusCode.UNSET };

/**
 * Makes what the exporter reads, without going through a tracer: the work is over, so there is nothing to start, and the
 * ids are known already (a response header told them to the client). It costs a tenth of starting and ending a span.
 */
export function recorder(
  onEnd: (span: ReadableSpan) => void,
  shared: Pick<ReadableSpan, 'resource' | 'instrumentationScope'>,
): SpanRecorder {
  return (recorded) => {
    const { name, kind, attributes, error, events = [] } = recorded;
    const spanContext = contextOf(recorded.traceId, recorded.spanId, false);
    onEnd({
      name,
      kind,
      spanContext: () => spanContext,
      parentSpanContext:
        recorded.parentSpanId === undefined
          ? undefined
          : contextOf(recorded.traceId, recorded.parentSpanId, recorded.parentIsRemote === true),
      startTime: hrTime(recorded.startMs),
      endTime: hrTime(recorded.endMs),
      duration: hrTime(Math.max(0, recorded.endMs - recorded.startMs)),
      status: error === undefined ? UNSET : { code: SpanStatusCode.ERROR, message: error },
      attributes,
      links: [],
      events: events.map(({ name, atMs }) => ({ name, time: hrTime(atMs) })),
      ended: true,
      resource: shared.resource,
      instrumentationScope: shared.instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
  };
}

function contextOf(traceId: string, spanId: string, isRemote: boolean): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
