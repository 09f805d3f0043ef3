import { newSpanId, newTraceId } from './ids.js';

/** W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header. */
export interface TraceParent {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const LENGTH_OF_VERSION_00 = 55;
const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const INVALID_TRACE_ID = '0'.repeat(32);
const INVALID_SPAN_ID = '0'.repeat(16);
const SAMPLED = 0x01;

/**
 * Strict: upper case, surrounding blanks, zero ids, version `ff` and a version `00` of another length are refused. A
 * higher version is read by its first four fields, as the specification asks. undefined: start a trace of one's own.
 */
export function parseTraceParent(value: string | undefined): TraceParent | undefined {
  if (value === undefined || value.length < LENGTH_OF_VERSION_00) return undefined;
  const [, version, traceId, spanId, flags] = PATTERN.exec(value) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && value.length !== LENGTH_OF_VERSION_00)) return undefined;
  if (traceId === INVALID_TRACE_ID || spanId === INVALID_SPAN_ID) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Version 00, and of the flags only `sampled`: the others belong to whoever set them. */
export function formatTraceParent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** A trace of one's own, for work that nobody called for. */
export function newTraceParent(sampled = false): TraceParent {
  return { traceId: newTraceId(), spanId: newSpanId(), sampled };
}
