import { readMessage, type WireMessage, type WireValue } from './protobuf-reader.js';

export type AttributeValue = string | number | boolean | readonly AttributeValue[] | undefined;
export type ReceivedAttributes = Readonly<Record<string, AttributeValue>>;

/** A span as a backend gets it, with its resource. */
export interface ReceivedSpan {
  readonly resource: ReceivedAttributes;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Epoch milliseconds, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: ReceivedAttributes;
  readonly events: readonly { readonly name: string; readonly atMs: number; readonly attributes: ReceivedAttributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
}

/** Reads an ExportTraceServiceRequest; field numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
export function decodeTraces(body: Buffer): ReceivedSpan[] {
  return messages(readMessage(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(message(resourceSpans, 1), 1);
    return messages(resourceSpans, 2).flatMap((scopeSpans) => {
      const scope = text(message(scopeSpans, 1), 1);
      return messages(scopeSpans, 2).map((span) => decodeSpan(span, resource, scope));
    });
  });
}

function decodeSpan(span: WireMessage, resource: ReceivedAttributes, scope: string): ReceivedSpan {
  const status = message(span, 15);
  return {
    resource,
    scope,
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentSpanId: hex(span, 4),
    name: text(span, 5),
    kind: integer(span, 6),
    startMs: nanosToMs(span, 7),
    endMs: nanosToMs(span, 8),
    attributes: attributesOf(span, 9),
    events: messages(span, 11).map((event) => ({
      name: text(event, 2),
      atMs: nanosToMs(event, 1),
      attributes: attributesOf(event, 3),
    })),
    links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
    status: { code: integer(status, 3), message: text(status, 2) },
  };
}

function attributesOf(owner: WireMessage, field: number): ReceivedAttributes {
  return Object.fromEntries(messages(owner, field).map((pair) => [text(pair, 1), anyValue(message(pair, 2))]));
}

function anyValue(value: WireMessage): AttributeValue {
  if (value.has(1)) return text(value, 1);
  if (value.has(2)) return value.get(2)![0] === 1n;
  if (value.has(3)) return Number(BigInt.asIntN(64, value.get(3)![0] as bigint));
  if (value.has(4)) return (value.get(4)![0] as Buffer).readDoubleLE();
  if (value.has(5)) return messages(message(value, 5), 1).map(anyValue);
  return undefined;
}

function messages(owner: WireMessage, field: number): WireMessage[] {
  return (owner.get(field) ?? []).map((bytes) => readMessage(bytes as Buffer));
}

/** Absent messages read as empty ones, as protobuf 3 has it. */
function message(owner: WireMessage, field: number): WireMessage {
  return messages(owner, field)[0] ?? new Map<number, WireValue[]>();
}

function text(owner: WireMessage, field: number): string {
  return (owner.get(field)?.[0] as Buffer | undefined)?.toString('utf8') ?? '';
}

function hex(owner: WireMessage, field: number): string {
  return (owner.get(field)?.[0] as Buffer | undefined)?.toString('hex') ?? '';
}

function integer(owner: WireMessage, field: number): number {
  return Number(owner.get(field)?.[0] ?? 0n);
}

function nanosToMs(owner: WireMessage, field: number): number {
  const nanos = (owner.get(field)?.[0] as Buffer | undefined)?.readBigUInt64LE() ?? 0n;
  return Number(nanos / 1000n) / 1000;
}
