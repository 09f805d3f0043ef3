/**
 * Every telemetry name in one place: the GenAI semantic conventions are still in development and have renamed attributes
 * before, so a new version of them is an edit of this file alone. Version followed: 1.41
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/).
 */
export const resourceAttributes = { serviceInstanceId: 'service.instance.id' } as const;

/** Attributes of spans and their events. */
export const attributeNames = {
  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatusCode: 'http.response.status_code',
  httpResendCount: 'http.request.resend_count',
  urlPath: 'url.path',
  serverAddress: 'server.address',
  serverPort: 'server.port',

  genAiOperationName: 'gen_ai.operation.name',
  genAiProviderName: 'gen_ai.provider.name',
  genAiRequestModel: 'gen_ai.request.model',
  genAiRequestStream: 'gen_ai.request.stream',
  genAiResponseId: 'gen_ai.response.id',
  genAiResponseModel: 'gen_ai.response.model',
  genAiFinishReasons: 'gen_ai.response.finish_reasons',
  genAiTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  genAiInputTokens: 'gen_ai.usage.input_tokens',
  genAiOutputTokens: 'gen_ai.usage.output_tokens',
  genAiCacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  genAiReasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',

  requestId: 'signalbox.request.id',
  namespace: 'signalbox.namespace',
  consumer: 'signalbox.consumer',
  route: 'signalbox.route',
  rule: 'signalbox.rule',
  backend: 'signalbox.backend',
  keyPool: 'signalbox.key_pool',
  /** The key's name in its pool, never its value. */
  keyName: 'signalbox.key.name',
  revision: 'signalbox.revision',
  tableVersion: 'signalbox.table.version',
  attempts: 'signalbox.attempts',
  attempt: 'signalbox.attempt',
  attemptClass: 'signalbox.attempt.class',
  errorCode: 'signalbox.error.code',
  usageEstimated: 'signalbox.usage.estimated',
  dataPlane: 'signalbox.data_plane',
} as const;

export const genAiOperations = { chat: 'chat' } as const;

/** Span names. A request's SERVER span is `POST <route>`, an attempt's CLIENT span `<operation> <model>`. */
export const spanNames = {
  request: (method: string, route: string) => `${method} ${route}`,
  attempt: (operation: string, model: string) => `${operation} ${model}`,
  apply: 'apply',
  commit: 'commit',
  compile: 'compile',
  publish: 'publish',
  swap: 'swap',
} as const;

/** Prometheus names; an OpenTelemetry metric's name is spelt with `_`, its unit and `_total` appended. */
export const metricNames = {
  // OpenTelemetry: gen_ai.client.operation.duration and its siblings.
  operationDuration: 'gen_ai_client_operation_duration_seconds',
  tokenUsage: 'gen_ai_client_token_usage',
  timeToFirstChunk: 'gen_ai_client_operation_time_to_first_chunk_seconds',

  spansDropped: 'signalbox_spans_dropped_total',
  spansExported: 'signalbox_spans_exported_total',
  spansPending: 'signalbox_spans_pending',
} as const;

/** Bucket bounds as the conventions advise: seconds 0.01 x 2^n up to 81.92, tokens 4^n up to 67,108,864. */
export const durationBuckets: readonly number[] = Array.from({ length: 14 }, (_, n) => 2 ** n / 100);
export const tokenBuckets: readonly number[] = Array.from({ length: 14 }, (_, n) => 4 ** n);
