import { SpanKind } from '@opentelemetry/api';
import {
  attributeKeys as keys,
  eventNames,
  genAiProviderName,
  maskSecrets,
  spanNames,
  type SpanProjection,
  type SpanWriter,
} from '#libs/telemetry';
import type { Usage } from '#libs/inference';
import { nothingPassedOver, type PassedOver } from '#libs/routing';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import { shown } from './passed-over.js';
import { failedHere } from './request-outcome.js';

/**
 * A finished request as spans: one SERVER span, and one CLIENT span for each attempt. Attributes follow the GenAI
 * conventions where they have a name, content is never among them.
 */
export const requestSpans: SpanProjection<RequestRecord> = {
  count: ({ attempts }) => 1 + attempts.length,
  write(record, spans) {
    const answering = answeringAttempt(record);
    writeServerSpan(record, spans);
    for (let i = 0; i < record.attempts.length; i++) {
      writeAttemptSpan(record, i, spans, record.attempts[i] === answering);
    }
  },
};

function writeServerSpan(record: RequestRecord, spans: SpanWriter): void {
  // Only a path that is served may name a span: others are the client's invention, and without number.
  const served = record.operation !== '';
  const error = failedHere(record) ? record.errorCode : '';
  spans.start({
    name: served ? spanNames.request(record.method, record.path) : record.method,
    kind: SpanKind.SERVER,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: record.parentSpanId,
    startMs: record.startedMs + record.epochOffsetMs,
    endMs: record.endedMs + record.epochOffsetMs,
  });
  spans.name(keys.httpMethod, record.method);
  if (served) spans.name(keys.httpRoute, record.path);
  if (record.status !== 0) spans.number(keys.httpStatusCode, record.status);
  spans.name(keys.errorType, error);
  spans.string(keys.requestId, record.requestId);
  spans.string(keys.genAiRequestModel, record.model);
  if (served) spans.bool(keys.genAiRequestStream, record.stream);
  spans.name(keys.namespace, record.namespace);
  spans.name(keys.consumer, record.consumer);
  spans.name(keys.consumerKeyName, record.consumerKey);
  spans.name(keys.route, record.route);
  spans.name(keys.rule, record.rule);
  spans.number(keys.revision, record.revision);
  spans.name(keys.tableVersion, record.tableVersion);
  spans.number(keys.attempts, record.attempts.length);
  spans.name(keys.finish, record.finish);
  spans.name(keys.errorCode, record.errorCode);
  spans.name(keys.errorClass, record.errorClass);
  // Of a request that was served, each attempt says what was passed over for it.
  const passedOver = record.finish === 'Completed' ? nothingPassedOver : record.passedOver;
  writePassedOver(passedOver, record.endedMs + record.epochOffsetMs, spans);
  spans.end(error, record.parentSpanId !== '', passedOver.length - shown(passedOver).length);
}

function writeAttemptSpan(record: RequestRecord, index: number, spans: SpanWriter, answered: boolean): void {
  const attempt = record.attempts[index]!;
  const { epochOffsetMs } = record;
  const failed = isFailure(attempt);
  spans.start({
    name: spanNames.attempt(record.operation, attempt.upstreamModel),
    kind: SpanKind.CLIENT,
    traceId: record.traceId,
    spanId: attempt.spanId,
    parentSpanId: record.spanId,
    startMs: attempt.startedMs + epochOffsetMs,
    // An attempt still pending at the end was given up with its request.
    endMs: (attempt.endedMs ?? record.endedMs) + epochOffsetMs,
  });
  spans.name(keys.genAiOperationName, record.operation);
  spans.name(keys.genAiProviderName, genAiProviderName(attempt.vendor));
  spans.name(keys.genAiRequestModel, attempt.upstreamModel);
  spans.bool(keys.genAiRequestStream, record.stream);
  spans.name(keys.serverAddress, attempt.serverAddress);
  if (attempt.serverPort !== 0) spans.number(keys.serverPort, attempt.serverPort);
  if (attempt.status !== 0) spans.number(keys.httpStatusCode, attempt.status);
  if (index !== 0) spans.number(keys.httpResendCount, index);
  if (failed) spans.name(keys.errorType, attempt.outcome);
  spans.name(keys.backend, attempt.backend);
  spans.name(keys.provider, attempt.provider);
  spans.name(keys.keyPool, attempt.pool);
  spans.name(keys.keyName, attempt.key);
  spans.number(keys.revision, record.revision);
  spans.name(keys.step, attempt.step);
  spans.name(keys.attemptClass, attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome);
  if (attempt.code !== '') spans.string(keys.attemptCode, maskSecrets(attempt.code));
  if (answered) writeAnswer(record, attempt, spans);
  if (attempt.usage !== undefined) writeUsage(attempt.usage, spans);
  const { passedOver } = attempt;
  writePassedOver(passedOver, attempt.startedMs + epochOffsetMs, spans);
  writeTimeline(attempt, epochOffsetMs, spans);
  const error = failed ? maskSecrets(attempt.message) || attempt.outcome : '';
  spans.end(error, false, passedOver.length - shown(passedOver).length);
}

/** What is known of the answer itself, on the attempt that gave it. */
function writeAnswer(record: RequestRecord, attempt: AttemptRecord, spans: SpanWriter): void {
  if (record.finishReason !== '') spans.list(keys.genAiFinishReasons, record.finishReason);
  if (record.stream && attempt.committedMs > 0) {
    spans.number(keys.genAiTimeToFirstChunk, (attempt.committedMs - attempt.startedMs) / 1000);
  }
}

/** What the call has cost, also where its answer was cut or given up. */
function writeUsage(usage: Usage, spans: SpanWriter): void {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  if (inputTokens !== undefined) spans.number(keys.genAiInputTokens, inputTokens);
  if (cachedInputTokens !== undefined) spans.number(keys.genAiCacheReadInputTokens, cachedInputTokens);
  if (outputTokens !== undefined) spans.number(keys.genAiOutputTokens, outputTokens);
  if (reasoningTokens !== undefined) spans.number(keys.genAiReasoningOutputTokens, reasoningTokens);
  if (usage.estimated === true) spans.bool(keys.usageEstimated, true);
}

/** The attempt whose answer the client saw, in full or in part. */
function answeringAttempt({ attempts }: RequestRecord): AttemptRecord | undefined {
  return attempts.find((attempt) => attempt.outcome === 'Success' || attempt.progress === 'Committed');
}

/** A client's own cancel is no error (of the gateway's or the upstream's). */
function isFailure({ outcome }: AttemptRecord): boolean {
  return outcome !== 'Success' && outcome !== 'Pending' && outcome !== 'Cancelled';
}

/** What could have served by its place, and why it didn't. */
function writePassedOver(passedOver: readonly PassedOver[], atMs: number, spans: SpanWriter): void {
  for (const { candidate, reason } of shown(passedOver)) {
    spans.startEvent(eventNames.passedOver, atMs);
    spans.name(keys.backend, candidate);
    spans.name(keys.passedOverReason, reason);
    spans.endEvent();
  }
}

function writeTimeline(attempt: AttemptRecord, epochOffsetMs: number, spans: SpanWriter): void {
  writeMoment(eventNames.sent, attempt.sentMs, epochOffsetMs, spans);
  writeMoment(eventNames.headers, attempt.headersMs, epochOffsetMs, spans);
  writeMoment(eventNames.committed, attempt.committedMs, epochOffsetMs, spans);
}

/** `atMs` 0: not reached. */
function writeMoment(name: string, atMs: number, epochOffsetMs: number, spans: SpanWriter): void {
  if (atMs === 0) return;
  spans.startEvent(name, atMs + epochOffsetMs);
  spans.endEvent();
}
