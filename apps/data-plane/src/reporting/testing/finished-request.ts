import { newSpanId, newTraceId } from '#libs/telemetry';
import { AttemptRecord, type AttemptStart, RequestRecord, type RequestStart } from '../../record/request-record.js';

/** A monotonic time and what makes it an epoch time, so that tests can name both. */
export const START_MS = 1_000;
export const EPOCH_OFFSET_MS = 1_700_000_000_000;

type Written = Partial<Omit<RequestRecord, keyof RequestStart | 'attempts'>>;

/** A plain request that was answered after 250 ms, unless told otherwise. */
export function finishedRequest(
  written: Written = {},
  attempts: readonly AttemptRecord[] = [],
  start: Partial<RequestStart> = {},
): RequestRecord {
  const record = new RequestRecord({
    requestId: 'request-1',
    traceId: newTraceId(),
    spanId: newSpanId(),
    parentSpanId: '',
    parentSampled: false,
    startedMs: START_MS,
    epochOffsetMs: EPOCH_OFFSET_MS,
    method: 'POST',
    path: '/v1/chat/completions',
    ...start,
  });
  record.attempts.push(...attempts);
  return Object.assign(record, {
    operation: 'chat',
    model: 'chat',
    namespace: 'default',
    consumer: 'demo',
    route: 'default/chat',
    rule: 'all',
    revision: 7,
    status: 200,
    finish: 'Completed',
    headMs: START_MS + 200,
    endedMs: START_MS + 250,
    ...written,
  } satisfies Written);
}

/** An attempt that succeeded within 100 ms, unless told otherwise. */
export function endedAttempt(
  written: Partial<Omit<AttemptRecord, keyof AttemptStart>> = {},
  start: Partial<AttemptStart> = {},
): AttemptRecord {
  const attempt = new AttemptRecord({
    number: 1,
    step: 'First',
    backend: 'default/alpha/sim-small',
    provider: 'default/alpha',
    vendor: 'OpenAI',
    upstreamModel: 'sim-small',
    serverAddress: '127.0.0.1',
    serverPort: 7072,
    pool: 'default/alpha',
    key: 'primary',
    spanId: newSpanId(),
    startedMs: START_MS + 10,
    ...start,
  });
  return Object.assign(attempt, {
    sentMs: attempt.startedMs + 1,
    headersMs: attempt.startedMs + 90,
    committedMs: attempt.startedMs + 95,
    endedMs: attempt.startedMs + 100,
    status: 200,
    outcome: 'Success',
    progress: 'Committed',
    ...written,
  } satisfies Partial<AttemptRecord>);
}
