import { type Attributes, type AttributeValue, SpanKind } from '@opentelemetry/api';
import {
  attributeNames as names,
  eventNames,
  genAiProviderName,
  maskSecrets,
  type RecordedSpan,
  spanNames,
} from '#libs/telemetry';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
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
  const served = record.operation !== '';
  const failed = failedHere(record);
  const attributes: Attributes = {};
  put(attributes, names.httpMethod, record.method);
  put(attributes, names.httpRoute, served ? record.path : undefined);
  put(attributes, names.httpStatusCode, record.status || undefined);
  put(attributes, names.errorType, failed ? record.errorCode : undefined);
  put(attributes, names.requestId, record.requestId);
  put(attributes, names.genAiRequestModel, record.model);
  put(attributes, names.genAiRequestStream, served ? record.stream : undefined);
  put(attributes, names.namespace, record.namespace);
  put(attributes, names.consumer, record.consumer);
  put(attributes, names.consumerKeyName, record.consumerKey);
  put(attributes, names.route, record.route);
  put(attributes, names.rule, record.rule);
  put(attributes, names.revision, record.revision);
  put(attributes, names.tableVersion, record.tableVersion);
  put(attributes, names.attempts, record.attempts.length);
  put(attributes, names.finish, record.finish);
  put(attributes, names.errorCode, record.errorCode);
  put(attributes, names.errorClass, record.errorClass);
  return {
    name: served ? spanNames.request(record.method, record.path) : record.method,
    kind: SpanKind.SERVER,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: record.parentSpanId === '' ? undefined : record.parentSpanId,
    parentIsRemote: true,
    startMs: record.startedMs + record.epochOffsetMs,
    endMs: record.endedMs + record.epochOffsetMs,
    error: failed ? record.errorCode : undefined,
    attributes,
  };
}

function attemptSpan(record: RequestRecord, attempt: AttemptRecord, index: number, answered: boolean): RecordedSpan {
  const { epochOffsetMs } = record;
  const failed = isFailure(attempt);
  const attributes: Attributes = {};
  put(attributes, names.genAiOperationName, record.operation);
  put(attributes, names.genAiProviderName, genAiProviderName(attempt.vendor));
  put(attributes, names.genAiRequestModel, attempt.upstreamModel);
  put(attributes, names.genAiRequestStream, record.stream);
  put(attributes, names.serverAddress, attempt.serverAddress);
  put(attributes, names.serverPort, attempt.serverPort || undefined);
  put(attributes, names.httpStatusCode, attempt.status || undefined);
  put(attributes, names.httpResendCount, index || undefined);
  put(attributes, names.errorType, failed ? attempt.outcome : undefined);
  put(attributes, names.backend, attempt.backend);
  put(attributes, names.provider, attempt.provider);
  put(attributes, names.keyPool, attempt.pool);
  put(attributes, names.keyName, attempt.key);
  put(attributes, names.revision, record.revision);
  put(attributes, names.step, attempt.step);
  put(attributes, names.attemptClass, attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome);
  put(attributes, names.attemptCode, attempt.code && maskSecrets(attempt.code));
  if (answered) putAnswer(attributes, record, attempt);
  return {
    name: spanNames.attempt(record.operation, attempt.upstreamModel),
    kind: SpanKind.CLIENT,
    traceId: record.traceId,
    spanId: attempt.spanId,
    parentSpanId: record.spanId,
    startMs: attempt.startedMs + epochOffsetMs,
    // An attempt still pending at the end was given up with its request.
    endMs: (attempt.endedMs ?? record.endedMs) + epochOffsetMs,
    error: failed ? maskSecrets(attempt.message) || attempt.outcome : undefined,
    events: timeline(attempt, epochOffsetMs),
    attributes,
  };
}

/** What is known of the answer itself, on the attempt that gave it. */
function putAnswer(attributes: Attributes, record: RequestRecord, attempt: AttemptRecord): void {
  put(attributes, names.genAiFinishReasons, record.finishReason === '' ? undefined : [record.finishReason]);
  const streamed = record.stream && attempt.committedMs > 0;
  put(attributes, names.genAiTimeToFirstChunk, streamed ? (attempt.committedMs - attempt.startedMs) / 1000 : undefined);
  put(attributes, names.genAiInputTokens, known(record.inputTokens));
  put(attributes, names.genAiCacheReadInputTokens, known(record.cachedInputTokens));
  put(attributes, names.genAiOutputTokens, known(record.outputTokens));
  put(attributes, names.genAiReasoningOutputTokens, known(record.reasoningTokens));
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
  const events: { name: string; atMs: number }[] = [];
  if (attempt.sentMs > 0) events.push({ name: eventNames.sent, atMs: attempt.sentMs + epochOffsetMs });
  if (attempt.headersMs > 0) events.push({ name: eventNames.headers, atMs: attempt.headersMs + epochOffsetMs });
  if (attempt.committedMs > 0) events.push({ name: eventNames.committed, atMs: attempt.committedMs + epochOffsetMs });
  return events;
}

function known(tokens: number): number | undefined {
  return tokens < 0 ? undefined : tokens;
}

/** Leaves out what is unknown: an empty attribute would be read as a fact. */
function put(attributes: Attributes, name: string, value: AttributeValue | undefined): void {
  if (value !== undefined && value !== '') attributes[name] = value;
}
