import type { PassedOver } from '#libs/routing';
import { type ErrorCode, errorTable, type GatewayError } from '../errors/error-table.js';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';

/** A 429 or 503 without a known time: long enough to matter, short enough to be tried. */
const DEFAULT_RETRY_AFTER_S = 1;

/**
 * The record as response headers, names and values in turn. A stream's head may go out before everything is known; it
 * then tells what is. What became of the request inside (route, backend, key, the provider's limits, who was passed over)
 * is for consumers with `exposeRouting` alone.
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
  const serving = servingAttempt(record);
  if (serving !== undefined && serving.dropped.length > 0) {
    headers.push('x-signalbox-warnings', `not passed on: ${serving.dropped.join(', ')}`);
  }
  if (record.exposeRouting) {
    if (record.route !== '') headers.push('x-signalbox-route', record.route);
    if (serving !== undefined) {
      headers.push('x-signalbox-backend', serving.backend, 'x-signalbox-key', serving.key, ...serving.rateLimitHeaders);
    }
    const passedOver = serving === undefined || record.errorCode !== '' ? record.passedOver : serving.passedOver;
    if (passedOver.length > 0) headers.push('x-signalbox-passed-over', passedOverText(passedOver));
  }
  return headers;
}

/** Of several at once the one whose answer this is, which may not be the last that was started. */
function servingAttempt({ attempts }: RequestRecord): AttemptRecord | undefined {
  return attempts.findLast(({ progress }) => progress === 'Committed') ?? attempts.at(-1);
}

/** The first of them: a header has room for what helps, and not for a table of thousands. */
const MAX_PASSED_OVER = 8;

/** A list of RFC 9651: each backend as a string, why it didn't serve as its parameter. */
function passedOverText(passedOver: readonly PassedOver[]): string {
  return passedOver
    .slice(0, MAX_PASSED_OVER)
    .map(({ candidate, reason }) => `"${candidate}";reason=${reason}`)
    .join(', ');
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
