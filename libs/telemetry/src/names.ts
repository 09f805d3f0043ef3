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
  /** The name of the API key, never its value. */
  consumerKeyName: 'signalbox.consumer.key.name',
  route: 'signalbox.route',
  rule: 'signalbox.rule',
  backend: 'signalbox.backend',
  provider: 'signalbox.provider',
  keyPool: 'signalbox.key_pool',
  /** The key's name in its pool, never its value. */
  keyName: 'signalbox.key.name',
  revision: 'signalbox.revision',
  tableVersion: 'signalbox.table.version',
  attempts: 'signalbox.attempts',
  finish: 'signalbox.finish',
  /** Why an attempt was made. */
  step: 'signalbox.attempt.step',
  /** `Success` or an error class. */
  attemptClass: 'signalbox.attempt.class',
  /** The provider's own code, or the transport's failure. */
  attemptCode: 'signalbox.attempt.code',
  /** The token counts are ours, because the provider gave none. */
  usageEstimated: 'signalbox.usage.estimated',
  passedOverReason: 'signalbox.passed_over.reason',
  errorCode: 'signalbox.error.code',
  errorClass: 'signalbox.error.class',
  dataPlane: 'signalbox.data_plane',
} as const;

/** Events on an attempt's span; `passedOver` is one on the request's, too. */
export const eventNames = {
  passedOver: 'signalbox.passed_over',
  sent: 'signalbox.sent',
  headers: 'signalbox.headers',
  committed: 'signalbox.committed',
} as const;

/** Well-known values of `gen_ai.provider.name`; a vendor without one goes by its own name in lower case. */
const providerNames: Readonly<Record<string, string>> = {
  AzureOpenAI: 'azure.ai.openai',
  Bedrock: 'aws.bedrock',
  Gemini: 'gcp.gemini',
  Mistral: 'mistral_ai',
  XAI: 'x_ai',
};

export function genAiProviderName(vendor: string): string {
  return providerNames[vendor] ?? vendor.toLowerCase();
}

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

  requests: 'signalbox_requests_total',
  requestDuration: 'signalbox_request_duration_seconds',
  consumerRequests: 'signalbox_consumer_requests_total',
  consumerTokens: 'signalbox_consumer_tokens_total',
  keyAttempts: 'signalbox_key_attempts_total',
  requestsInFlight: 'signalbox_requests_in_flight',
  attempts: 'signalbox_attempts_total',
  breakerState: 'signalbox_breaker_state',
  credentialCooldown: 'signalbox_credential_cooldown_seconds',
  keysInFlight: 'signalbox_keys_in_flight',
  tableRevision: 'signalbox_table_revision',
  tableSwaps: 'signalbox_table_swaps_total',
  controlPlaneConnected: 'signalbox_control_plane_connected',
  snapshotFailing: 'signalbox_snapshot_failing_seconds',

  processCpu: 'process_cpu_seconds_total',
  processResidentMemory: 'process_resident_memory_bytes',
  processStart: 'process_start_time_seconds',
  heapUsed: 'nodejs_heap_size_used_bytes',
  eventLoopLag: 'nodejs_eventloop_lag_p99_seconds',
  gcPause: 'nodejs_gc_duration_seconds',
  buildInfo: 'signalbox_build_info',

  metricsCollectErrors: 'signalbox_metrics_collect_errors_total',
  spansDropped: 'signalbox_spans_dropped_total',
  spansExported: 'signalbox_spans_exported_total',
  spansPending: 'signalbox_spans_pending',
} as const;

const operation = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'backend'] as const;

/** Label names. Every value comes from the configuration or a closed list, never from what a client sends. */
export const metricLabels = {
  operation,
  operationDuration: [...operation, 'error_type'],
  tokenUsage: [...operation, 'gen_ai_token_type', 'estimated'],
  route: ['route'],
  request: ['route', 'code'],
  consumerRequest: ['consumer', 'code'],
  consumerTokens: ['consumer', 'type', 'estimated'],
  attempt: ['backend', 'step', 'class'],
  keyAttempt: ['key_pool', 'key', 'class'],
  breaker: ['breaker'],
  credential: ['credential'],
  quotaGroup: ['quota_group'],
} as const;

/** Bucket bounds as the conventions advise: seconds 0.01 x 2^n up to 81.92, tokens 4^n up to 67,108,864. */
export const durationBuckets: readonly number[] = Array.from({ length: 14 }, (_, n) => 2 ** n / 100);
export const tokenBuckets: readonly number[] = Array.from({ length: 14 }, (_, n) => 4 ** n);
