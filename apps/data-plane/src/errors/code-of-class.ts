import type { ErrorClass } from '#libs/inference';
import type { ErrorCode } from './error-table.js';

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
