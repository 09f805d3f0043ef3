/** OpenAI's own `error.type` values; its SDKs map the status, people read the type. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'server_error';

export interface ErrorEntry {
  readonly status: number;
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly type: ErrorType;
  /** What the reader can do about it: in the answer and in docs/errors.md. */
  readonly remedy: string;
}

/** Every error that the data plane itself answers with; docs/errors.md is written from it. */
export const errorTable = {
  invalid_json: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send one well-formed JSON object in UTF-8, without a byte order mark.',
  },
  invalid_request: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Correct the field that the message names.',
  },
  missing_required_parameter: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Add the field that `param` names.',
  },
  invalid_type: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Give the field that `param` names the type that the message asks for.',
  },
  invalid_value: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Give the field that `param` names a value that the message allows.',
  },
  duplicate_parameter: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send each field once: two parsers may disagree about which one counts.',
  },
  ambiguous_parameter: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Spell the field that `param` names as the message does, in lower case, and send it once.',
  },
  unsupported_parameter: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy:
      'Leave out the field that `param` names, or ask for a model whose provider speaks the dialect of the request.',
  },
  invalid_header: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send header values without CR, LF, NUL, U+2028 and U+2029.',
  },
  missing_api_key: {
    status: 401,
    retryable: false,
    type: 'authentication_error',
    remedy: 'Send `Authorization: Bearer <key>` with a consumer key (`signalbox consumer key` makes one).',
  },
  invalid_api_key: {
    status: 401,
    retryable: false,
    type: 'authentication_error',
    remedy: 'Use a key whose digest is in a Consumer; a removed key stops working at once.',
  },
  model_not_allowed: {
    status: 403,
    retryable: false,
    type: 'permission_error',
    remedy: "Add the model to the Consumer's `spec.models`, or ask for one that is listed there.",
  },
  model_not_found: {
    status: 404,
    retryable: false,
    type: 'not_found_error',
    remedy: 'Ask for a model that `GET /v1/models` lists, or apply a RoutePolicy that names it.',
  },
  no_matching_rule: {
    status: 404,
    retryable: false,
    type: 'not_found_error',
    remedy: 'Add a rule without `matches` to the end of the RoutePolicy, or send what one of its rules asks for.',
  },
  unknown_path: {
    status: 404,
    retryable: false,
    type: 'not_found_error',
    remedy: 'Use a base URL that ends in `/v1`; the served paths are in docs/paths.md.',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Use the method that the `allow` header names.',
  },
  request_timeout: {
    status: 408,
    retryable: true,
    type: 'invalid_request_error',
    remedy: 'Send the whole request without long pauses.',
  },
  request_too_large: {
    status: 413,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send a smaller body; the limit is in the message.',
  },
  expectation_failed: {
    status: 417,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send no `expect` header, or `expect: 100-continue`.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send fewer or shorter headers.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Send the body without a `content-encoding`.',
  },
  consumer_concurrency_exceeded: {
    status: 429,
    retryable: true,
    type: 'rate_limit_error',
    remedy: "Wait for running requests to end, or raise the Consumer's `spec.limits.concurrency`.",
  },
  upstream_rate_limited: {
    status: 429,
    retryable: true,
    type: 'rate_limit_error',
    remedy: 'Wait as long as `retry-after` says, or add keys or backends.',
  },
  keys_exhausted: {
    status: 429,
    retryable: true,
    type: 'rate_limit_error',
    remedy: 'Wait as long as `retry-after` says: every key is at its limit or cooling down. Add keys or backends.',
  },
  upstream_rejected: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: "Correct the request as the provider's message says.",
  },
  context_length_exceeded: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: 'Shorten the conversation, or route to a model with a larger context.',
  },
  content_filtered: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    remedy: "Change the content that the provider's filter refused.",
  },
  upstream_credentials_refused: {
    status: 502,
    retryable: false,
    type: 'server_error',
    remedy: 'Operators: rotate the key that the log names; its provider refuses it.',
  },
  upstream_quota_exhausted: {
    status: 503,
    retryable: true,
    type: 'server_error',
    remedy: "Operators: raise the account's quota at the provider, or add a key of another account.",
  },
  upstream_error: {
    status: 502,
    retryable: true,
    type: 'server_error',
    remedy: "Try again; if it persists, read the attempts in the request's trace.",
  },
  upstream_timeout: {
    status: 504,
    retryable: true,
    type: 'server_error',
    remedy: 'Try again, or raise the timeout that the message names.',
  },
  upstream_unavailable: {
    status: 503,
    retryable: true,
    type: 'server_error',
    remedy: 'Wait as long as `retry-after` says: every backend is unhealthy, overloaded or without a usable key.',
  },
  stream_interrupted: {
    status: 502,
    retryable: true,
    type: 'server_error',
    remedy: 'Send the request again; what arrived before the error is incomplete.',
  },
  shutting_down: {
    status: 503,
    retryable: true,
    type: 'server_error',
    remedy: 'Try again: another data plane, or this one after its restart, will answer.',
  },
  not_ready: {
    status: 503,
    retryable: true,
    type: 'server_error',
    remedy: 'Wait until `/readyz` answers 200: this data plane has no routing table yet.',
  },
  internal_error: {
    status: 500,
    retryable: true,
    type: 'server_error',
    remedy: 'Report it with the request id; the log has the cause.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** An error on its way to the client. `message` is for people and holds no secret. */
export class GatewayError {
  readonly code: ErrorCode;
  readonly message: string;
  /** The request field at fault, where there is one. */
  readonly param: string | null;
  /** When to come back; -1: unknown. A 429 or a 503 always gets a `retry-after`. */
  readonly retryAfterMs: number;
  /** The provider's own code, shown instead of ours where it is about the client's request; '' for none. */
  readonly providerCode: string = '';

  constructor(code: ErrorCode, message: string, param: string | null = null, retryAfterMs = -1) {
    this.code = code;
    this.message = message;
    this.param = param;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The provider's finding about the client's request, in the provider's words. */
export class ProviderFinding extends GatewayError {
  override readonly providerCode: string;

  constructor(code: ErrorCode, message: string, providerCode: string, param: string) {
    super(code, message, param === '' ? null : param);
    this.providerCode = providerCode;
  }
}
