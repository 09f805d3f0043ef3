import { dump } from 'js-yaml';
import type { FastifyReply } from 'fastify';
import {
  ApiError,
  internal,
  requestEntityTooLarge,
  serviceUnavailable,
  unsupportedMediaType,
} from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import type { Answer } from '../request/call.js';
import { negotiate } from '../request/media-type.js';

/** Writes an answer in the format that the client accepts. */
export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  const warnings = (answer.warnings ?? []).map(warningHeader);
  if (warnings.length > 0) reply.header('warning', warnings);
  if (answer.contentType !== undefined) {
    write(reply, answer.code, answer.contentType, String(answer.body));
    return;
  }
  const { format } = negotiate(reply.request.headers.accept, { tables: true });
  const yaml = format === 'yaml';
  const text = yaml
    ? dump(answer.body, { noRefs: true, lineWidth: -1, skipInvalid: true })
    : JSON.stringify(answer.body);
  write(reply, answer.code, yaml ? 'application/yaml' : 'application/json', text);
}

/** As bytes: of a string Fastify would rewrite the media type, which clients of discovery want to see as they sent it. */
function write(reply: FastifyReply, code: number, contentType: string, text: string): void {
  void reply.code(code).header('content-type', contentType).send(Buffer.from(text));
}

/** Errors are a JSON Status, whatever the client accepts. */
export function sendError(reply: FastifyReply, error: unknown, logger: Logger): void {
  const apiError = asApiError(error);
  if (apiError.code >= 500) {
    logger.error({ err: error, method: reply.request.method, path: pathOf(reply.request.url) }, 'request failed');
  }
  if (apiError.code === 401) reply.header('www-authenticate', 'Bearer');
  const { retryAfterSeconds } = apiError.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  write(reply, apiError.code, 'application/json', JSON.stringify(apiError.toStatus()));
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

/** RFC 7234, 5.5: 299 is a lasting warning. Header values are ASCII without line breaks; whatever else comes, goes out as `?`. */
function warningHeader(text: string): string {
  const ascii = text
    .slice(0, 1_000)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\]/g, String.raw`\$&`);
  return `299 - "${ascii}"`;
}

/** Errors of the HTTP server and the database in the API's terms; what nobody expected is a 500 without its cause. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code = '', statusCode = 500 } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return requestEntityTooLarge('the body is too large: split it');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType('the Content-Type header is malformed');
  if (isDatabaseAway(error)) return serviceUnavailable('the database is not reachable; try again');
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, 'BadRequest', 'the request is malformed');
  }
  return internal();
}

/** Socket errors, and the SQLSTATE classes 08 (connection), 57P (shutdown) and 53 (out of resources). */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', driverError } = error as Error & { code?: string; driverError?: unknown };
  return (
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|08...|57P..|53...)$/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    ) ||
    (driverError !== undefined && driverError !== error && isDatabaseAway(driverError))
  );
}
