import type { ErrorClass } from '#libs/inference';

/**
 * How a vendor's error answers are classified: by code, then by type, then by status. The more particular word decides,
 * since one status stands for several things: 429 is a pause or an empty account, 400 a typo or too long a prompt.
 */
export interface ErrorRules {
  readonly codes: Readonly<Record<string, ErrorClass>>;
  readonly types: Readonly<Record<string, ErrorClass>>;
  readonly statuses: Readonly<Partial<Record<number, ErrorClass>>>;
  /** Codes and types with which a 403 speaks of one model: this key may not use it, others or another model may. */
  readonly deniedModels: Readonly<Record<string, true>>;
}

/** The OpenAI family (platform.openai.com/docs/guides/error-codes). Vendors add what is theirs. */
export const openAIErrors: ErrorRules = {
  codes: {
    insufficient_quota: 'QuotaExhausted',
    billing_hard_limit_reached: 'QuotaExhausted',
    billing_not_active: 'QuotaExhausted',
    usage_limit_reached: 'QuotaExhausted',
    spend_limit_reached: 'QuotaExhausted',
    access_terminated: 'Auth',
    account_deactivated: 'Auth',
    invalid_api_key: 'Auth',
    invalid_organization: 'Auth',
    rate_limit_exceeded: 'RateLimited',
    slow_down: 'RateLimited',
    context_length_exceeded: 'ContextLength',
    content_filter: 'ContentFiltered',
    content_policy_violation: 'ContentFiltered',
    model_not_found: 'InvalidRequest',
    server_error: 'ServerError',
    internal_error: 'ServerError',
    overloaded: 'Overloaded',
    engine_overloaded: 'Overloaded',
    server_overloaded: 'Overloaded',
  },
  types: {
    insufficient_quota: 'QuotaExhausted',
    authentication_error: 'Auth',
    permission_error: 'Auth',
    permissions_error: 'Auth',
    rate_limit_error: 'RateLimited',
    requests: 'RateLimited',
    tokens: 'RateLimited',
    overloaded_error: 'Overloaded',
    service_unavailable: 'Overloaded',
    server_error: 'ServerError',
    api_error: 'ServerError',
    content_filter: 'ContentFiltered',
  },
  statuses: {
    401: 'Auth',
    402: 'QuotaExhausted',
    // 403 isn't here: firewalls and edges answer it to what stands in a prompt. Only the provider's own word is evidence
    // against a key; without it the request itself was refused.
    408: 'Timeout',
    409: 'Overloaded',
    429: 'RateLimited',
    500: 'ServerError',
    502: 'ServerError',
    503: 'Overloaded',
    504: 'Timeout',
    // Cloudflare's edge: 520 unknown, 521 down, 523 unreachable; 522 and 524 gave up waiting for the origin.
    520: 'ServerError',
    521: 'Network',
    522: 'Timeout',
    523: 'Network',
    524: 'Timeout',
    529: 'Overloaded',
  },
  deniedModels: {
    model_not_found: true,
    permission_error: true,
    permissions_error: true,
    model_permission_blocked_org: true,
    model_permission_blocked_project: true,
  },
};

/** `own` first, in each of the three steps. */
export function withOwnRules(own: Partial<ErrorRules>): ErrorRules {
  return {
    codes: { ...openAIErrors.codes, ...own.codes },
    types: { ...openAIErrors.types, ...own.types },
    statuses: { ...openAIErrors.statuses, ...own.statuses },
    deniedModels: { ...openAIErrors.deniedModels, ...own.deniedModels },
  };
}

/** True where the provider says that the key may not use this model. */
export function isModelDenied({ deniedModels }: ErrorRules, status: number, code: string, type: string): boolean {
  return status === 403 && (own(deniedModels, code) ?? own(deniedModels, type) ?? false);
}

export function classOf(rules: ErrorRules, status: number, code: string, type: string): ErrorClass {
  if (isModelDenied(rules, status, code, type)) return 'Auth';
  return own(rules.codes, code) ?? own(rules.types, type) ?? rules.statuses[status] ?? classOfOtherStatus(status);
}

function classOfOtherStatus(status: number): ErrorClass {
  if (status >= 500) return 'ServerError';
  // A redirect is never followed: it may point anywhere, with the key on it.
  return status >= 400 ? 'InvalidRequest' : 'ServerError';
}

/** The word comes from outside: "constructor" must not find what every object inherits. */
function own<Value>(words: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
