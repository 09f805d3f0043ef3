import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { attributeNames as names, eventNames, genAiProviderName, maskSecrets } from '#libs/telemetry';
import type { PassedOver } from '#libs/routing';
import type { AttemptRecord, RequestRecord } from '../../record/request-record.js';

/** What the OpenTelemetry SDK would send for these records: its spans, and its encoding of them. */
export function sdkRequest(records: readonly RequestRecord[], resource: Attributes, version: string): Buffer {
  const shared = {
    resource: resourceFromAttributes(resource),
    instrumentationScope: { name: 'signalbox', version },
  };
  const spans = records.flatMap((record) => sdkSpans(record).map((span) => ({ ...span, ...shared }) as ReadableSpan));
  return Buffer.from(ProtobufTraceSerializer.serializeRequest(spans)!);
}

type OwnFields = Omit<ReadableSpan, 'resource' | 'instrumentationScope'>;

function sdkSpans(record: RequestRecord): OwnFields[] {
  const answering = record.attempts.find(({ outcome, progress }) => outcome === 'Success' || progress === 'Committed');
  return [
    serverSpan(record),
    ...record.attempts.map((attempt, i) => attemptSpan(record, attempt, i, attempt === answering)),
  ];
}

function serverSpan(record: RequestRecord): OwnFields {
  const served = record.operation !== '';
  const passedOver = record.finish === 'Completed' ? [] : record.passedOver;
  const failed = record.finish === 'Failed' && (record.status < 400 || record.status >= 500);
  return spanOf(record, {
    name: served ? `${record.method} ${record.path}` : record.method,
    kind: SpanKind.SERVER,
    spanId: record.spanId,
    parentSpanId: record.parentSpanId,
    isRemote: true,
    startMs: record.startedMs,
    endMs: record.endedMs,
    error: failed ? record.errorCode : '',
    events: passedOverEvents(passedOver, record.endedMs),
    droppedEvents: Math.max(0, passedOver.length - MAX_PASSED_OVER),
    attributes: {
      [names.httpMethod]: record.method,
      [names.httpRoute]: served ? record.path : '',
      [names.httpStatusCode]: record.status || '',
      [names.errorType]: failed ? record.errorCode : '',
      [names.requestId]: record.requestId,
      [names.genAiRequestModel]: record.model,
      [names.genAiRequestStream]: served ? record.stream : '',
      [names.namespace]: record.namespace,
      [names.consumer]: record.consumer,
      [names.consumerKeyName]: record.consumerKey,
      [names.route]: record.route,
      [names.rule]: record.rule,
      [names.revision]: record.revision,
      [names.tableVersion]: record.tableVersion,
      [names.attempts]: record.attempts.length,
      [names.finish]: record.finish,
      [names.errorCode]: record.errorCode,
      [names.errorClass]: record.errorClass,
    },
  });
}

function attemptSpan(record: RequestRecord, attempt: AttemptRecord, index: number, answered: boolean): OwnFields {
  const failed = !['Success', 'Pending', 'Cancelled'].includes(attempt.outcome);
  const streamed = record.stream && attempt.committedMs > 0;
  return spanOf(record, {
    name: `${record.operation} ${attempt.upstreamModel}`,
    kind: SpanKind.CLIENT,
    spanId: attempt.spanId,
    parentSpanId: record.spanId,
    isRemote: false,
    startMs: attempt.startedMs,
    endMs: attempt.endedMs ?? record.endedMs,
    error: failed ? maskSecrets(attempt.message) || attempt.outcome : '',
    events: [
      ...passedOverEvents(attempt.passedOver, attempt.startedMs),
      ...[
        { name: eventNames.sent, atMs: attempt.sentMs },
        { name: eventNames.headers, atMs: attempt.headersMs },
        { name: eventNames.committed, atMs: attempt.committedMs },
      ].filter(({ atMs }) => atMs > 0),
    ],
    droppedEvents: Math.max(0, attempt.passedOver.length - MAX_PASSED_OVER),
    attributes: {
      [names.genAiOperationName]: record.operation,
      [names.genAiProviderName]: genAiProviderName(attempt.vendor),
      [names.genAiRequestModel]: attempt.upstreamModel,
      [names.genAiRequestStream]: record.stream,
      [names.serverAddress]: attempt.serverAddress,
      [names.serverPort]: attempt.serverPort || '',
      [names.httpStatusCode]: attempt.status || '',
      [names.httpResendCount]: index || '',
      [names.errorType]: failed ? attempt.outcome : '',
      [names.backend]: attempt.backend,
      [names.provider]: attempt.provider,
      [names.keyPool]: attempt.pool,
      [names.keyName]: attempt.key,
      [names.revision]: record.revision,
      [names.step]: attempt.step,
      [names.attemptClass]: attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome,
      [names.attemptCode]: maskSecrets(attempt.code),
      ...(answered && {
        [names.genAiFinishReasons]: record.finishReason && [record.finishReason],
        [names.genAiTimeToFirstChunk]: streamed ? (attempt.committedMs - attempt.startedMs) / 1000 : '',
      }),
      [names.genAiInputTokens]: attempt.usage?.inputTokens ?? '',
      [names.genAiCacheReadInputTokens]: attempt.usage?.cachedInputTokens ?? '',
      [names.genAiOutputTokens]: attempt.usage?.outputTokens ?? '',
      [names.genAiReasoningOutputTokens]: attempt.usage?.reasoningTokens ?? '',
      [names.usageEstimated]: attempt.usage?.estimated === true || '',
    },
  });
}

interface Given {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly isRemote: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly error: string;
  readonly events: readonly { readonly name: string; readonly atMs: number; readonly attributes?: Attributes }[];
  readonly droppedEvents: number;
  /** '' where there is none. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

function spanOf({ traceId, epochOffsetMs }: RequestRecord, given: Given): OwnFields {
  const context = (spanId: string, isRemote: boolean) => ({
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote,
  });
  const time = (ms: number): HrTime => {
    const seconds = Math.floor((ms + epochOffsetMs) / 1000);
    return [seconds, Math.round((ms + epochOffsetMs - seconds * 1000) * 1e6)];
  };
  return {
    name: bounded(given.name),
    kind: given.kind,
    spanContext: () => context(given.spanId, false),
    parentSpanContext: given.parentSpanId === '' ? undefined : context(given.parentSpanId, given.isRemote),
    startTime: time(given.startMs),
    endTime: time(given.endMs),
    duration: [0, 0],
    status:
      given.error === ''
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: bounded(given.error) },
    attributes: Object.fromEntries(
      Object.entries(given.attributes)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, typeof value === 'string' ? bounded(value) : value]),
    ),
    links: [],
    events: given.events.map(({ name, atMs, attributes }) => ({ name, time: time(atMs), attributes })),
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: given.droppedEvents,
    droppedLinksCount: 0,
  };
}

const MAX_PASSED_OVER = 16;

function passedOverEvents(passedOver: readonly PassedOver[], atMs: number): Given['events'] {
  return passedOver.slice(0, MAX_PASSED_OVER).map(({ candidate, reason }) => ({
    name: eventNames.passedOver,
    atMs,
    attributes: { [names.backend]: candidate, [names.passedOverReason]: reason },
  }));
}

/** Texts are cut at 1,024 characters. */
function bounded(text: string): string {
  return text.slice(0, 1_024);
}
