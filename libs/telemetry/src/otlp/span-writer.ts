import type { SpanKind } from '@opentelemetry/api';
import { AttributeWriter, bounded } from './attribute-writer.js';

/** What is known of a span without its attributes and events. Times are epoch milliseconds, fractions welcome. */
export interface SpanHead {
  readonly name: string;
  readonly kind: SpanKind;
  /** Lower-case hexadecimal, 32 digits. */
  readonly traceId: string;
  /** 16 digits. */
  readonly spanId: string;
  /** 16 digits; '': the root of its trace. */
  readonly parentSpanId: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Fields of opentelemetry/proto/trace/v1/trace.proto: number << 3 | wire type. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
const scopeSpans = { span: (2 << 3) | BYTES } as const;
const span = {
  traceId: (1 << 3) | BYTES,
  spanId: (2 << 3) | BYTES,
  parentSpanId: (4 << 3) | BYTES,
  name: (5 << 3) | BYTES,
  kind: (6 << 3) | VARINT,
  start: (7 << 3) | FIXED_64,
  end: (8 << 3) | FIXED_64,
  attribute: (9 << 3) | BYTES,
  droppedAttributes: (10 << 3) | VARINT,
  event: (11 << 3) | BYTES,
  droppedEvents: (12 << 3) | VARINT,
  droppedLinks: (14 << 3) | VARINT,
  status: (15 << 3) | BYTES,
} as const;
/** Number 16: its tag takes two bytes. */
const SPAN_FLAGS = [((16 << 3) & 0x7f) | 0x80 | FIXED_32, 1] as const;
const event = {
  time: (1 << 3) | FIXED_64,
  name: (2 << 3) | BYTES,
  attribute: (3 << 3) | BYTES,
  droppedAttributes: (4 << 3) | VARINT,
} as const;
const status = { message: (2 << 3) | BYTES, code: (3 << 3) | VARINT } as const;

/** In the proto's enum 0 is "unspecified", which the API has no value for. */
const KIND_OFFSET = 1;
const STATUS_ERROR = 2;
/** W3C's sampled flag; the parent is known to be local or remote; it is remote. */
const SAMPLED = 0x01;
const PARENT_LOCALITY_KNOWN = 0x100;
const PARENT_REMOTE = 0x200;

/**
 * Writes finished spans as OTLP, one after the other, without an object in between: `start`, attributes, events, `end`. The fields come in the order, and with the zeros, that the OpenTelemetry SDK writes, so that a test can
 * hold both equal byte for byte.
 */
export class SpanWriter extends AttributeWriter {
  private spanStart = 0;
  private eventStart = 0;
  /** Attributes still belong to the span itself. */
  private beforeEvents = false;

  constructor(size: number) {
    super(size, span.attribute);
  }

  /** Takes back what was written after this length, a half-written span included. */
  truncate(length: number): void {
    this.out.truncate(length);
  }

  start(head: SpanHead): void {
    const { out } = this;
    out.byte(scopeSpans.span);
    this.spanStart = out.begin();
    this.id(span.traceId, head.traceId);
    this.id(span.spanId, head.spanId);
    if (head.parentSpanId !== '') this.id(span.parentSpanId, head.parentSpanId);
    out.byte(span.name);
    out.string(bounded(head.name));
    out.byte(span.kind);
    out.varint(head.kind + KIND_OFFSET);
    this.time(span.start, head.startMs);
    this.time(span.end, head.endMs);
    this.attributeTag = span.attribute;
    this.beforeEvents = true;
  }

  /** Begins an event, on a span that gets no more attributes of its own; those that follow are the event's. */
  startEvent(name: string, atMs: number): void {
    const { out } = this;
    this.endAttributes();
    out.byte(span.event);
    this.eventStart = out.begin();
    this.time(event.time, atMs);
    out.byte(event.name);
    out.string(name);
    this.attributeTag = event.attribute;
  }

  endEvent(): void {
    this.out.byte(event.droppedAttributes);
    this.out.byte(0);
    this.out.end(this.eventStart);
  }

  /** `error`: sets the status to Error with this text; '' leaves it unset. `droppedEvents`: those that were left out. */
  end(error: string, parentIsRemote: boolean, droppedEvents = 0): void {
    const { out } = this;
    this.endAttributes();
    out.byte(span.droppedEvents);
    out.varint(droppedEvents);
    out.byte(span.droppedLinks);
    out.byte(0);
    out.byte(span.status);
    const start = out.begin();
    if (error !== '') {
      out.byte(status.message);
      out.string(bounded(error));
    }
    out.byte(status.code);
    out.byte(error === '' ? 0 : STATUS_ERROR);
    out.end(start);
    out.byte(SPAN_FLAGS[0]);
    out.byte(SPAN_FLAGS[1]);
    out.fixed32(SAMPLED | PARENT_LOCALITY_KNOWN | (parentIsRemote ? PARENT_REMOTE : 0));
    out.end(this.spanStart);
  }

  private id(tag: number, digits: string): void {
    this.out.byte(tag);
    this.out.byte(digits.length >>> 1);
    this.out.hex(digits);
  }

  /** Nanoseconds: more than a double holds exactly, so the seconds are multiplied in two halves of 16 bits. */
  private time(tag: number, epochMs: number): void {
    const seconds = Math.floor(epochMs / 1000);
    const nanos = Math.round((epochMs - seconds * 1000) * 1e6);
    const upper = Math.floor(seconds / 0x10000) * 1e9;
    const lower = (seconds % 0x10000) * 1e9 + nanos + (upper % 0x10000) * 0x10000;
    this.out.byte(tag);
    this.out.fixed64(Math.floor(upper / 0x10000) + Math.floor(lower / 0x100000000), lower % 0x100000000);
  }

  private endAttributes(): void {
    if (!this.beforeEvents) return;
    this.beforeEvents = false;
    this.out.byte(span.droppedAttributes);
    this.out.byte(0);
  }
}
