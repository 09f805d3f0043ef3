import type { ErrorClass, Progress, Usage } from '#libs/inference';
import { type HistoryEntry, nothingPassedOver, type PassedOver, type Step } from '#libs/routing';
import type { ErrorCode } from '../errors/error-table.js';

/** How a request ended. `Aborted`: the client went away first. */
export type Finish = 'Completed' | 'Failed' | 'Aborted';

/**
 * One upstream call. Times are milliseconds on the process's monotonic clock, 0 for "not reached"
 * (`RequestRecord.epochOffsetMs` turns them into epoch time). It is at once what `decide` reads as the request's history. Every field is set in the constructor: the objects share one shape.
 */
export class AttemptRecord implements HistoryEntry {
  readonly number: number;
  /** Why it was made. */
  readonly step: Step;
  /** Key of the Backend entry. */
  readonly backend: string;
  /** `<namespace>/<provider>`. */
  readonly provider: string;
  readonly vendor: string;
  /** The model's name at the provider. */
  readonly upstreamModel: string;
  readonly serverAddress: string;
  readonly serverPort: number;
  /** Key of the KeyPool entry. */
  readonly pool: string;
  /** The key's name in its pool; never its value. */
  readonly key: string;
  readonly spanId: string;
  readonly startedMs: number;
  /** The request was written to a connection. */
  sentMs: number;
  headersMs: number;
  /** The commit point: the first content of a stream, or the whole of a plain answer. */
  committedMs: number;
  /** undefined while pending. */
  endedMs: number | undefined;
  /** HTTP status of the upstream; 0: none arrived. */
  status: number;
  outcome: HistoryEntry['outcome'];
  /** The provider's own code, or the transport's failure. */
  code: string;
  /** One bounded line for people; never a secret. */
  message: string;
  progress: Progress;
  /** What the upstream asked to wait, counted from the end. */
  retryAfterMs: number | undefined;
  /** What it has cost, as far as it is known. */
  usage: Usage | undefined;
  /** The provider's word for the field at fault; '' for none. */
  param: string;
  /** The candidates that were looked at before this one. */
  passedOver: readonly PassedOver[];
  /** What the client asked for and a translation lost, by the client's names. */
  dropped: readonly string[];
  /** The provider's `x-ratelimit-*` headers, names and values in turn; only where the consumer may see them. */
  rateLimitHeaders: readonly string[];

  constructor(start: AttemptStart) {
    this.number = start.number;
    this.step = start.step;
    this.backend = start.backend;
    this.provider = start.provider;
    this.vendor = start.vendor;
    this.upstreamModel = start.upstreamModel;
    this.serverAddress = start.serverAddress;
    this.serverPort = start.serverPort;
    this.pool = start.pool;
    this.key = start.key;
    this.spanId = start.spanId;
    this.startedMs = start.startedMs;
    this.sentMs = 0;
    this.headersMs = 0;
    this.committedMs = 0;
    this.endedMs = undefined;
    this.status = 0;
    this.outcome = 'Pending';
    this.code = '';
    this.message = '';
    this.progress = 'NotSent';
    this.retryAfterMs = undefined;
    this.usage = undefined;
    this.param = '';
    this.passedOver = nothingPassedOver;
    this.dropped = nothing;
    this.rateLimitHeaders = nothing;
  }
}

const nothing: readonly string[] = [];

/** What is known of a call before it is made. */
export type AttemptStart = Pick<
  AttemptRecord,
  | 'number'
  | 'step'
  | 'backend'
  | 'provider'
  | 'vendor'
  | 'upstreamModel'
  | 'serverAddress'
  | 'serverPort'
  | 'pool'
  | 'key'
  | 'spanId'
  | 'startedMs'
>;

/**
 * All that is known of one request, written while it runs and read once, when it has finished: response headers, spans,
 * metrics and logs are projections of it. It holds no body, no credential and no API key.
 */
export class RequestRecord {
  readonly requestId: string;
  /** 32 lower-case hex digits; the client's where it sent a `traceparent`. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the SERVER span. */
  readonly spanId: string;
  /** Empty: this is the root. */
  readonly parentSpanId: string;
  /** The client's own sampling decision; false also where it sent none. */
  readonly parentSampled: boolean;
  readonly startedMs: number;
  /** Add it to a monotonic time of this record to get milliseconds since the epoch. */
  readonly epochOffsetMs: number;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  operation: string;
  stream: boolean;
  /** The model that the client asked for. */
  model: string;
  namespace: string;
  consumer: string;
  /** The name of the API key that was used. */
  consumerKey: string;
  exposeRouting: boolean;
  /** `<namespace>/<policy>`. */
  route: string;
  rule: string;
  /** Version and revision of the table that the request is pinned to. */
  tableVersion: string;
  revision: number;
  readonly attempts: AttemptRecord[];
  /** What the client was answered; 0: nothing. */
  status: number;
  finish: Finish;
  errorCode: ErrorCode | '';
  /** The class of the attempt that made the request fail. */
  errorClass: ErrorClass | '';
  /** A stream's head went out before its first content, to keep the client's connection alive. */
  heldOpen: boolean;
  requestBytes: number;
  responseBytes: number;
  headMs: number;
  firstTokenMs: number;
  endedMs: number;
  finishReason: string;
  /** Token counts; -1: unknown. */
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** Some of the counts are ours, because an upstream gave none. */
  usageEstimated: boolean;
  /** The candidates that could not serve when the request waited last, or was given up. */
  passedOver: readonly PassedOver[];

  constructor(start: RequestStart) {
    this.requestId = start.requestId;
    this.traceId = start.traceId;
    this.spanId = start.spanId;
    this.parentSpanId = start.parentSpanId;
    this.parentSampled = start.parentSampled;
    this.startedMs = start.startedMs;
    this.epochOffsetMs = start.epochOffsetMs;
    this.method = start.method;
    this.path = start.path;
    this.operation = '';
    this.stream = false;
    this.model = '';
    this.namespace = '';
    this.consumer = '';
    this.consumerKey = '';
    this.exposeRouting = false;
    this.route = '';
    this.rule = '';
    this.tableVersion = '';
    this.revision = 0;
    this.attempts = [];
    this.status = 0;
    this.finish = 'Failed';
    this.errorCode = '';
    this.errorClass = '';
    this.heldOpen = false;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.headMs = 0;
    this.firstTokenMs = 0;
    this.endedMs = 0;
    this.finishReason = '';
    this.inputTokens = -1;
    this.cachedInputTokens = -1;
    this.outputTokens = -1;
    this.reasoningTokens = -1;
    this.usageEstimated = false;
    this.passedOver = nothingPassedOver;
  }
}

/** What is known of a request by its head. */
export type RequestStart = Pick<
  RequestRecord,
  | 'requestId'
  | 'traceId'
  | 'spanId'
  | 'parentSpanId'
  | 'parentSampled'
  | 'startedMs'
  | 'epochOffsetMs'
  | 'method'
  | 'path'
>;
