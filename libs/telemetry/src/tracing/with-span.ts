import {
  type Attributes,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  ProxyTracerProvider,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { newSpanId, newTraceId } from '../ids.js';
import { maskSecrets } from '../logging/mask-secrets.js';
import { attributeNames } from '../names.js';
import { formatTraceParent, parseTraceParent } from '../trace-parent.js';

export interface SpanOptions {
  /** W3C traceparent of the parent, from a header, a log row or a message; absent or malformed: a new trace. */
  readonly parent?: string;
  /** Default: internal. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** W3C traceparents of other traces that this work belongs to; malformed ones are left out. */
  readonly links?: readonly string[];
}

/** The running span as the work inside it sees it. */
export interface RunningSpan {
  readonly traceId: string;
  /** What to hand on as `parent`, to a log row or to another process. Valid with and without an exporter. */
  readonly traceParent: string;
  setAttributes(attributes: Attributes): void;
  addEvent(name: string, attributes?: Attributes): void;
  /** Marks the span as failed without throwing. `message` is masked. */
  fail(errorType: string, message?: string): void;
}

/** A tracer that records nothing, for work that runs without telemetry. Trace ids still exist and are handed on. */
export const silentTracer: Tracer = new ProxyTracerProvider().getTracer('signalbox');

/**
 * Runs `fn` inside a span and ends it whatever happens; a throw marks the span and goes on. The parent is passed, never
 * taken from ambient state: pass `span.traceParent` to what is called.
 */
export async function withSpan<T>(
  tracer: Tracer,
  name: string,
  { parent, kind = SpanKind.INTERNAL, attributes, links = [] }: SpanOptions,
  fn: (span: RunningSpan) => T | Promise<T>,
): Promise<T> {
  const parentContext = remoteSpanContext(parent);
  const span = tracer.startSpan(
    name,
    { kind, attributes, links: links.flatMap((link) => remoteSpanContext(link) ?? []).map((context) => ({ context })) },
    parentContext ? trace.setSpanContext(ROOT_CONTEXT, parentContext) : ROOT_CONTEXT,
  );
  const running = runningSpan(span, parentContext);
  try {
    return await fn(running);
  } catch (error) {
    running.fail(
      error instanceof Error ? error.name : typeof error,
      error instanceof Error ? error.message : undefined,
    );
    throw error;
  } finally {
    span.end();
  }
}

function runningSpan(span: Span, parent: SpanContext | undefined): RunningSpan {
  const { traceId, spanId, traceFlags } = usableContext(span, parent);
  return {
    traceId,
    traceParent: formatTraceParent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
    setAttributes: (attributes) => void span.setAttributes(attributes),
    addEvent: (name, attributes) => void span.addEvent(name, attributes),
    fail: (errorType, message) => {
      span.setAttribute(attributeNames.errorType, errorType);
      span.setStatus({
        code: SpanStatusCode.ERROR,
        ...(message !== undefined && { message: maskSecrets(message) }),
      });
    },
  };
}

/** A tracer that records nothing hands out no ids of its own (or its parent's): make them, so that logs can be joined. */
function usableContext(span: Span, parent: SpanContext | undefined): SpanContext {
  const own = span.spanContext();
  if (isSpanContextValid(own) && own.spanId !== parent?.spanId) return own;
  return {
    traceId: parent?.traceId ?? newTraceId(),
    spanId: newSpanId(),
    traceFlags: parent?.traceFlags ?? TraceFlags.NONE,
  };
}

function remoteSpanContext(traceParent: string | undefined): SpanContext | undefined {
  const parsed = parseTraceParent(traceParent);
  if (!parsed) return undefined;
  const { traceId, spanId, sampled } = parsed;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
