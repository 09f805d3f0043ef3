import type { ErrorClass } from '#libs/inference';
import type { Stop } from '#libs/routing';
import { type ErrorCode, GatewayError } from './error-table.js';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';

/** The error that says of which class the last attempt's outcome was. */
export const codeOfClass: Readonly<Record<ErrorClass, ErrorCode>> = {
  Network: 'upstream_error',
  Timeout: 'upstream_timeout',
  RateLimited: 'upstream_rate_limited',
  Overloaded: 'upstream_unavailable',
  ServerError: 'upstream_error',
  Auth: 'upstream_credentials_refused',
  QuotaExhausted: 'upstream_quota_exhausted',
  InvalidRequest: 'upstream_rejected',
  ContextLength: 'context_length_exceeded',
  ContentFiltered: 'content_filtered',
  ContentError: 'upstream_error',
  // The client is gone; nobody reads this.
  Cancelled: 'upstream_error',
};

/** Classes whose cause is in the client's own request, so that the provider's words are for the client. */
const requestFaults: ReadonlySet<string> = new Set(['InvalidRequest', 'ContextLength', 'ContentFiltered']);

/** Why no (further) attempt was made, in the client's terms. */
export function stopError(stop: Stop, record: RequestRecord): GatewayError {
  const retryAfterMs = stop.retryAfterMs ?? -1;
  const last = record.attempts.find((attempt) => attempt === stop.last);
  switch (stop.code) {
    case 'no_matching_rule':
      return new GatewayError(
        'no_matching_rule',
        `No rule of the policy for model '${record.model}' matches.`,
        'model',
      );
    case 'no_backend_available':
      return new GatewayError(
        'upstream_unavailable',
        `No backend for model '${record.model}' can take a request now.`,
        null,
        retryAfterMs,
      );
    case 'keys_exhausted':
      return new GatewayError(
        'keys_exhausted',
        `Every key for model '${record.model}' is at its limit or cooling down.`,
        null,
        retryAfterMs,
      );
    case 'no_usable_key':
      if (last?.outcome === 'Auth') return failureError(last);
      return new GatewayError('upstream_unavailable', `No key for model '${record.model}' can be used.`);
    case 'committed':
      return new GatewayError(
        'stream_interrupted',
        `The answer broke off. ${last === undefined ? '' : failureMessage(last)}`,
      );
    case 'deadline_exceeded':
      return last === undefined || last.outcome === 'Timeout'
        ? new GatewayError('upstream_timeout', 'The request took longer than its timeout allows.')
        : failureError(last);
    default:
      return last === undefined
        ? new GatewayError('internal_error', `Routing stopped with '${stop.code}'.`)
        : failureError(last, stop.retryAfterMs);
  }
}

/** What a failed attempt means to the client. */
export function failureError(attempt: AttemptRecord, retryAfterMs = attempt.retryAfterMs ?? -1): GatewayError {
  const { outcome } = attempt;
  if (outcome === 'Pending' || outcome === 'Success') {
    return new GatewayError('internal_error', `An attempt that is ${outcome} is no failure.`);
  }
  return new GatewayError(codeOfClass[outcome], failureMessage(attempt), null, retryAfterMs);
}

function failureMessage({ outcome, message, code, status }: AttemptRecord): string {
  if (requestFaults.has(outcome) && message !== '') return message;
  switch (outcome) {
    case 'Timeout':
      return `The upstream did not answer in time (${code}).`;
    case 'Network':
      return `The connection to the upstream failed (${code}).`;
    case 'RateLimited':
      return 'The upstream limits the rate of every key that was tried.';
    case 'Auth':
      return 'The upstream refuses the configured credentials.';
    case 'QuotaExhausted':
      return "The configured account's quota at the upstream is used up.";
    default:
      return status === 0 ? 'The upstream failed.' : `The upstream failed with status ${status}.`;
  }
}
