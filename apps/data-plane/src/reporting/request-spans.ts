import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  attributeNames as names,
  eventNames,
  genAiProviderName,
  maskSecrets,
  type RecordedSpan,
  spanNames,
} from '#libs/telemetry';
import type { AttemptRecord, RequestRecord } from '../pipeline/request-record.js';
import { failedHere } from './request-outcome.js';

/**
 * A finished request as spans: one SERVER span, and one CLIENT span for each attempt. Pure; attributes follow the GenAI
 * conventions where they have a name, content is never among them.
 */
export function requestSpans(record: RequestRecord): RecordedSpan[] {
  const answering = answeringAttempt(record);
  return [
    serverSpan(record),
    ...record.attempts.map((attempt, i) => attemptSpan(record, attempt, i, attempt === answering)),
  ];
}

function serverSpan(record: RequestRecord): RecordedSpan {
  // Only a path that is served may name a span: others are the client's invention, and without number.
  const route = record.operation === '' ? undefined : record.path;
  return {
    name: route === undefined ? record.method : spanNames.request(record.method, route),
    kind: SpanKind.SERVER,
    traceId: record.traceId,
    spanId: record.spanId,
    ...(record.parentSpanId !== '' && { parentSpanId: record.parentSpanId, parentIsRemote: true }),
    startMs: record.startedMs + record.epochOffsetMs,
    endMs: record.endedMs + record.epochOffsetMs,
    ...(failedHere(record) && { error: record.errorCode }),
    attributes: present({
      [names.httpMethod]: record.method,
      [names.httpRoute]: route,
      [names.httpStatusCode]: record.status || undefined,
      [names.errorType]: failedHere(record) ? record.errorCode : undefined,
      [names.requestId]: record.requestId,
      [names.genAiRequestModel]: record.model,
      [names.genAiRequestStream]: record.operation === '' ? undefined : record.stream,
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
    }),
  };
}

function attemptSpan(record: RequestRecord, attempt: AttemptRecord, index: number, answered: boolean): RecordedSpan {
  const { epochOffsetMs } = record;
  const failed = isFailure(attempt);
  return {
    name: spanNames.attempt(record.operation, attempt.upstreamModel),
    kind: SpanKind.CLIENT,
    traceId: record.traceId,
    spanId: attempt.spanId,
    parentSpanId: record.spanId,
    startMs: attempt.startedMs + epochOffsetMs,
    // An attempt still pending at the end was given up with its request.
    endMs: (attempt.endedMs ?? record.endedMs) + epochOffsetMs,
    ...(failed && { error: maskSecrets(attempt.message) || attempt.outcome }),
    events: timeline(attempt, epochOffsetMs),
    attributes: {
      ...present({
        [names.genAiOperationName]: record.operation,
        [names.genAiProviderName]: genAiProviderName(attempt.vendor),
        [names.genAiRequestModel]: attempt.upstreamModel,
        [names.genAiRequestStream]: record.stream,
        [names.serverAddress]: attempt.serverAddress,
        [names.serverPort]: attempt.serverPort || undefined,
        [names.httpStatusCode]: attempt.status || undefined,
        [names.httpResendCount]: index || undefined,
        [names.errorType]: failed ? attempt.outcome : undefined,
        [names.backend]: attempt.backend,
        [names.provider]: attempt.provider,
        [names.keyPool]: attempt.pool,
        [names.keyName]: attempt.key,
        [names.revision]: record.revision,
        [names.step]: attempt.step,
        [names.attemptClass]: attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome,
        [names.attemptCode]: maskSecrets(attempt.code),
      }),
      ...(answered && answerAttributes(record, attempt)),
    },
  };
}

/** What is known of the answer itself, on the attempt that gave it. */
function answerAttributes(record: RequestRecord, attempt: AttemptRecord): Attributes {
  return present({
    [names.genAiFinishReasons]: record.finishReason === '' ? undefined : [record.finishReason],
    [names.genAiTimeToFirstChunk]:
      record.stream && attempt.committedMs > 0 ? (attempt.committedMs - attempt.startedMs) / 1000 : undefined,
    [names.genAiInputTokens]: known(record.inputTokens),
    [names.genAiCacheReadInputTokens]: known(record.cachedInputTokens),
    [names.genAiOutputTokens]: known(record.outputTokens),
    [names.genAiReasoningOutputTokens]: known(record.reasoningTokens),
  });
}

/** The attempt whose answer the client saw, in full or in part. */
function answeringAttempt({ attempts }: RequestRecord): AttemptRecord | undefined {
  return attempts.find((attempt) => attempt.outcome === 'Success' || attempt.progress === 'Committed');
}

/** A client's own cancel is no error (of the gateway's or the upstream's). */
function isFailure({ outcome }: AttemptRecord): boolean {
  return outcome !== 'Success' && outcome !== 'Pending' && outcome !== 'Cancelled';
}

function timeline(attempt: AttemptRecord, epochOffsetMs: number): NonNullable<RecordedSpan['events']> {
  return [
    { name: eventNames.sent, atMs: attempt.sentMs },
    { name: eventNames.headers, atMs: attempt.headersMs },
    { name: eventNames.committed, atMs: attempt.committedMs },
  ]
    .filter(({ atMs }) => atMs > 0)
    .map(({ name, atMs }) => ({ name, atMs: atMs + epochOffsetMs }));
}

function known(tokens: number): number | undefined {
  return tokens < 0 ? undefined : tokens;
}

/** Drops what is unknown: an empty attribute would be read as a fact. */
function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== ''));
}
