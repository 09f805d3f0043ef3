import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { chosen } from './sampler.js';
import type { SpanIds } from './span-ids.js';

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
  readonly attributes: Attributes;
  /** Sets the status to Error; one line without secrets. Absent: the status stays unset. */
  readonly error?: string;
  readonly events?: readonly { readonly name: string; readonly atMs: number; readonly attributes?: Attributes }[];
  readonly links?: Link[];
}

/** Makes and ends a span with the given ids and times, always sampled: who calls it has decided that. */
export type SpanRecorder = (span: RecordedSpan) => void;

export function recorder(tracer: Tracer, ids: SpanIds): SpanRecorder {
  return (recorded) => {
    const { traceId, parentSpanId, kind, startMs, attributes, links } = recorded;
    const parent =
      parentSpanId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: parentSpanId,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: recorded.parentIsRemote === true,
          });
    ids.use(traceId, recorded.spanId);
    const span = tracer.startSpan(recorded.name, { kind, startTime: startMs, attributes, links }, chosen(parent));
    ids.clear();
    for (const event of recorded.events ?? []) span.addEvent(event.name, event.attributes ?? {}, event.atMs);
    if (recorded.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: recorded.error });
    span.end(recorded.endMs);
  };
}
