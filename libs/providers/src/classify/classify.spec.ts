import type { ErrorClass, TransportFailure, UpstreamResult } from '#libs/inference';
import { profileOf } from '../registry.js';
import { transportFailures } from './transport-failures.js';

function outcome(vendor: string, result: Partial<UpstreamResult>) {
  return profileOf(vendor).classify({ status: 0, headers: {}, body: '', ...result }, 0);
}
const error = (members: object) => JSON.stringify({ error: members });
const page = '<html><head><title>502 Bad Gateway</title></head></html>';

describe('classification of error answers', () => {
  it.each<[string, number, string, ErrorClass]>([
    // The code decides before the type, the type before the status.
    ['OpenAI', 429, error({ type: 'insufficient_quota', code: 'insufficient_quota' }), 'QuotaExhausted'],
    ['OpenAI', 429, error({ type: 'insufficient_quota', code: null }), 'QuotaExhausted'],
    ['OpenAI', 429, error({ code: 'billing_hard_limit_reached' }), 'QuotaExhausted'],
    ['OpenAI', 429, error({ code: 'usage_limit_reached' }), 'QuotaExhausted'],
    ['OpenAI', 429, error({ code: 'spend_limit_reached' }), 'QuotaExhausted'],
    ['OpenAI', 429, error({ type: 'requests', code: 'rate_limit_exceeded' }), 'RateLimited'],
    ['OpenAI', 429, error({ type: 'tokens', code: null }), 'RateLimited'],
    ['OpenAI', 503, error({ code: 'slow_down' }), 'RateLimited'],
    ['OpenAI', 429, '', 'RateLimited'],
    ['OpenAI', 400, error({ type: 'invalid_request_error', code: 'context_length_exceeded' }), 'ContextLength'],
    ['OpenAI', 400, error({ code: 'content_filter' }), 'ContentFiltered'],
    ['OpenAI', 400, error({ code: 'content_policy_violation' }), 'ContentFiltered'],
    ['OpenAI', 400, error({ type: 'invalid_request_error', code: null }), 'InvalidRequest'],
    ['OpenAI', 401, error({ type: 'invalid_request_error', code: 'invalid_api_key' }), 'Auth'],
    ['OpenAI', 401, '', 'Auth'],
    ['OpenAI', 402, '', 'QuotaExhausted'],
    ['OpenAI', 403, '', 'InvalidRequest'],
    ['OpenAI', 403, page, 'InvalidRequest'],
    [
      'OpenAI',
      403,
      error({ type: 'request_forbidden', code: 'unsupported_country_region_territory' }),
      'InvalidRequest',
    ],
    ['OpenAI', 403, error({ message: 'Blocked by policy' }), 'InvalidRequest'],
    ['OpenAI', 403, error({ code: 'account_deactivated' }), 'Auth'],
    ['OpenAI', 403, error({ type: 'authentication_error' }), 'Auth'],
    ['OpenAI', 403, error({ type: 'invalid_request_error', code: 'model_not_found' }), 'Auth'],
    ['OpenAI', 403, error({ type: 'permission_error' }), 'Auth'],
    ['OpenAI', 403, error({ code: 'insufficient_quota' }), 'QuotaExhausted'],
    ['OpenAI', 403, error({ code: 'constructor', type: 'toString' }), 'InvalidRequest'],
    ['Groq', 403, error({ type: 'permissions_error', code: 'model_permission_blocked_org' }), 'Auth'],
    ['OpenAI', 404, error({ code: 'model_not_found' }), 'InvalidRequest'],
    ['OpenAI', 404, page, 'InvalidRequest'],
    ['OpenAI', 408, '', 'Timeout'],
    ['OpenAI', 409, '', 'Overloaded'],
    ['OpenAI', 413, '', 'InvalidRequest'],
    ['OpenAI', 422, '', 'InvalidRequest'],
    ['OpenAI', 500, error({ type: 'server_error' }), 'ServerError'],
    ['OpenAI', 502, page, 'ServerError'],
    ['OpenAI', 503, error({ message: 'The engine is currently overloaded' }), 'Overloaded'],
    ['OpenAI', 504, page, 'Timeout'],
    ['OpenAI', 520, page, 'ServerError'],
    ['OpenAI', 521, page, 'Network'],
    ['OpenAI', 522, page, 'Timeout'],
    ['OpenAI', 523, page, 'Network'],
    ['OpenAI', 524, page, 'Timeout'],
    ['OpenAI', 529, '', 'Overloaded'],
    ['OpenAI', 599, '', 'ServerError'],
    ['OpenAI', 302, '', 'ServerError'],
    ['OpenAI', 100, '', 'ServerError'],
    ['OpenAI', 500, error({ code: 'constructor', type: '__proto__' }), 'ServerError'],
    ['OpenAI', 500, '{"error":', 'ServerError'],
    ['OpenAI', 500, '[]', 'ServerError'],
    ['Groq', 498, error({ message: 'Flex tier capacity exceeded' }), 'Overloaded'],
    ['Groq', 413, error({ type: 'tokens', code: 'rate_limit_exceeded' }), 'RateLimited'],
    ['Groq', 422, '', 'InvalidRequest'],
    ['Mistral', 429, JSON.stringify({ object: 'error', type: 'rate_limited', code: '1300' }), 'RateLimited'],
    [
      'Mistral',
      429,
      JSON.stringify({ object: 'error', type: 'service_tier_capacity_exceeded', code: '3505' }),
      'Overloaded',
    ],
    ['Mistral', 422, JSON.stringify({ detail: [{ msg: 'bad' }] }), 'InvalidRequest'],
    ['OpenRouter', 402, error({ code: 402, message: 'Insufficient credits' }), 'QuotaExhausted'],
    ['OpenRouter', 403, error({ code: 403, metadata: { reasons: ['violence'] } }), 'ContentFiltered'],
    ['OpenRouter', 502, error({ code: 502 }), 'ServerError'],
    ['OpenRouter', 503, error({ code: 503 }), 'Overloaded'],
    ['A vendor unknown', 429, '', 'RateLimited'],
  ])('%s %i %s: %s', (vendor, status, body, expected) => {
    expect(outcome(vendor, { status, body })).toMatchObject({ ok: false, class: expected, status });
  });
});

describe('of what of the key an error speaks', () => {
  it.each([
    ['OpenAI', 403, error({ code: 'model_not_found' }), 'Model'],
    ['OpenAI', 403, error({ type: 'permission_error' }), 'Model'],
    ['Groq', 403, error({ type: 'permissions_error', code: 'model_permission_blocked_project' }), 'Model'],
    ['OpenAI', 403, error({ code: 'account_deactivated' }), undefined],
    ['OpenAI', 404, error({ code: 'model_not_found' }), undefined],
    ['OpenAI', 401, error({ code: 'invalid_api_key' }), undefined],
    ['OpenAI', 429, '', undefined],
  ])('%s %i %s: %s', (vendor, status, body, expected) => {
    expect(outcome(vendor, { status, body }).about).toBe(expected);
  });
});

describe('an error at 200', () => {
  it.each<[string, ErrorClass]>([
    [error({ message: 'x' }), 'ServerError'],
    [error({ code: 429 }), 'RateLimited'],
    [error({ code: 'insufficient_quota' }), 'QuotaExhausted'],
    ['{"error":"boom"}', 'ServerError'],
    ['{"object":"error","message":"x"}', 'ServerError'],
  ])('%s: %s', (body, expected) => {
    expect(outcome('OpenAI', { status: 200, body })).toMatchObject({ ok: false, class: expected, status: 200 });
  });

  it.each(['', '{"choices":[]}', '{"object":"list","data":[]}', '{"error":null}', page, '{"half":'])(
    'is not %j',
    (body) => {
      expect(outcome('OpenAI', { status: 200, body })).toEqual({ ok: true, status: 200 });
    },
  );
});

describe('a failed transport', () => {
  it.each(Object.entries(transportFailures))('%s: %s', (failure, [expected, message]) => {
    expect(outcome('OpenAI', { failure: failure as TransportFailure })).toEqual({
      ok: false,
      class: expected,
      status: 0,
      message,
    });
  });

  it('outweighs the status that came before it', () => {
    expect(outcome('OpenAI', { status: 200, failure: 'IncompleteBody' })).toMatchObject({
      class: 'ServerError',
      status: 200,
    });
  });
});

describe('what an outcome says', () => {
  it('names code and message, and how long to wait', () => {
    const body = error({ message: 'Slow\n down.', code: 'rate_limit_exceeded' });
    expect(outcome('OpenAI', { status: 429, body, headers: { 'retry-after': '2' } })).toEqual({
      ok: false,
      class: 'RateLimited',
      status: 429,
      code: 'rate_limit_exceeded',
      message: 'Slow down.',
      retryAfterMs: 2000,
    });
    const fault = error({
      message: 'No.',
      type: 'invalid_request_error',
      code: 'invalid_value',
      param: 'messages[0].role',
    });
    expect(outcome('OpenAI', { status: 400, body: fault })).toMatchObject({
      class: 'InvalidRequest',
      code: 'invalid_value',
      param: 'messages[0].role',
    });
    expect(outcome('OpenAI', { status: 502, body: page })).toMatchObject({
      code: undefined,
      message: 'The upstream answered 502.',
    });
  });
});
