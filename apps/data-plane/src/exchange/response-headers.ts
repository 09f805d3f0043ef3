import { type ErrorCode, errorTable, type GatewayError } from '../errors/error-table.js';
import type { RequestRecord } from '../record/request-record.js';

/** A 429 or 503 without a known time: long enough to matter, short enough to be tried. */
const DEFAULT_RETRY_AFTER_S = 1;

/**
 * The record as response headers, names and values in turn. A stream's head may go out before everything is known; it
 * then tells what is. `route`, `backend` and `key` are for consumers with `exposeRouting` alone.
 */
export function responseHeaders(record: RequestRecord, revision: number, contentType: string): string[] {
  const headers = [
    'content-type',
    contentType,
    'x-request-id',
    record.requestId,
    'x-signalbox-trace-id',
    record.traceId,
    'x-signalbox-attempts',
    String(record.attempts.length),
  ];
  if (revision >= 0) headers.push('x-signalbox-revision', String(revision));
  if (record.exposeRouting) {
    if (record.route !== '') headers.push('x-signalbox-route', record.route);
    const last = record.attempts.at(-1);
    if (last !== undefined) headers.push('x-signalbox-backend', last.backend, 'x-signalbox-key', last.key);
  }
  return headers;
}

/** What an error adds: when to come back, and that our own retries were the last word. */
export function errorHeaders(error: GatewayError, attempts: number): string[] {
  const { status } = errorTable[error.code];
  const headers: string[] = [];
  if (status === 429 || status === 503) headers.push('retry-after', String(retryAfterSeconds(error.retryAfterMs)));
  if (attempts > 0) headers.push('x-should-retry', 'false');
  const challenge = challenges[error.code];
  if (challenge !== undefined) headers.push('www-authenticate', challenge);
  return headers;
}

/** RFC 9110, 15.5.2: a 401 names how to authenticate. */
const challenges: Partial<Record<ErrorCode, string>> = {
  missing_api_key: 'Bearer',
  invalid_api_key: 'Bearer error="invalid_token"',
};

function retryAfterSeconds(retryAfterMs: number): number {
  return retryAfterMs < 0 ? DEFAULT_RETRY_AFTER_S : Math.max(1, Math.ceil(retryAfterMs / 1000));
}
