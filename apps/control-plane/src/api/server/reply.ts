import { Readable } from 'node:stream';
import { dump } from 'js-yaml';
import type { FastifyReply } from 'fastify';
import { ApiError, badRequest, internal, requestEntityTooLarge, unsupportedMediaType } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import { orUnavailable } from '../../database/unavailable.js';
import type { Answer } from '../request/call.js';
import { negotiate } from '../request/media-type.js';
import { FailureLog } from './failure-log.js';

/** Writes an answer in the format that the client accepts. */
export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  const warnings = warningHeaders(answer.warnings ?? []);
  if (warnings.length > 0) reply.header('warning', warnings);
  if (answer.contentType !== undefined) {
    const { code, contentType, pieces, body } = answer;
    if (pieces) void reply.code(code).header('content-type', contentType).send(Readable.from(pieces));
    else write(reply, code, contentType, String(body));
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

/** Answers of requests that fail. They are a JSON Status, whatever the client accepts. */
export class ErrorReplies {
  readonly #failures: FailureLog;

  constructor(logger: Logger) {
    this.#failures = new FailureLog({ logger });
  }

  send(reply: FastifyReply, error: unknown): void {
    const apiError = asApiError(error);
    this.#failures.answered(reply.request, error, apiError);
    if (apiError.code === 401) reply.header('www-authenticate', 'Bearer');
    const { retryAfterSeconds } = apiError.details;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    write(reply, apiError.code, 'application/json', JSON.stringify(apiError.toStatus()));
  }
}

/** Clients refuse an answer whose headers are too long, though what it is about is done: Node's stop at 16 KiB. */
const MAX_WARNING_BYTES = 4_096;
const MAX_WARNING = 1_000;

/** RFC 7234, 5.5: 299 is a lasting warning. Header values are ASCII without line breaks; whatever else comes, goes out as `?`. */
function warningHeaders(texts: readonly string[]): string[] {
  const headers: string[] = [];
  let bytes = 0;
  for (const [index, text] of texts.entries()) {
    const header = warningHeader(text);
    bytes += header.length;
    if (bytes > MAX_WARNING_BYTES) return [...headers, warningHeader(`and ${texts.length - index} more warnings`)];
    headers.push(header);
  }
  return headers;
}

function warningHeader(text: string): string {
  const ascii = text
    .slice(0, MAX_WARNING)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\]/g, String.raw`\$&`);
  return `299 - "${ascii}"`;
}

/** Errors of the HTTP server and the database in the API's terms; what nobody expected is a 500 without its cause. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code = '', statusCode = 500 } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return requestEntityTooLarge('the body is over 3 MiB: split it');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType('the Content-Type header is malformed');
  const databaseError = orUnavailable(error);
  if (databaseError instanceof ApiError) return databaseError;
  if (hasUnstorableText(error)) return badRequest('a text of the request has a NUL in it, which no name or filter has');
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, 'BadRequest', 'the request is malformed');
  }
  return internal();
}

/** SQLSTATE 22021, character_not_in_repertoire: UTF-8 has NUL, Postgres' text has not. */
function hasUnstorableText(error: unknown): boolean {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  return code === '22021' || driverError?.code === '22021';
}
