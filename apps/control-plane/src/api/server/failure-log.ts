import type { FastifyRequest } from 'fastify';
import type { ApiError } from '#libs/apimachinery';
import { LimitedLog, type LimitedLogOptions } from '#libs/telemetry';
import { pathOf } from './http-call.js';

/** As the parts that use the database by themselves: it is away for all requests at once. */
const FAILURES_EVERY_MS = 10_000;
const MOST_CAUSES = 50;
const MOST_REFUSALS = 100;

/**
 * Requests that failed by a fault of ours, and those that somebody known may not make. Clients try again as often as they
 * like, and while the database is away all of them do: a line for each cause, not for each request.
 */
export class FailureLog {
  readonly #failures: LimitedLog;
  readonly #refusals: LimitedLog;

  constructor({ logger, nowMs }: Pick<LimitedLogOptions, 'logger' | 'nowMs'>) {
    this.#failures = new LimitedLog({ logger, nowMs, everyMs: FAILURES_EVERY_MS, mostKeys: MOST_CAUSES });
    this.#refusals = new LimitedLog({ logger, nowMs, mostKeys: MOST_REFUSALS });
  }

  /** `error` is what was thrown, `answer` what the client is told of it. */
  answered(request: FastifyRequest, error: unknown, answer: ApiError): void {
    const { identity, method, socket } = request;
    const about = { user: identity?.user, method, path: pathOf(request.url), sourceAddress: socket.remoteAddress };
    const { code } = answer;
    if (code >= 500)
      this.#failures.error(`${code} ${causeOf(error)}`, { ...about, code, err: error }, 'request failed');
    // The audit holds what was written; what was refused, the special verbs included, is told here.
    else if (code === 403) {
      const key = `${about.user} ${method} ${about.path}`;
      this.#refusals.warn(key, { ...about, reason: answer.message }, 'refused');
    }
  }
}

/** What failures have in common that are one outage: the innermost error, by its code if it has one. */
function causeOf(error: unknown): string {
  let inner = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown; driverError?: unknown };
  for (let depth = 0; depth < 5; depth++) {
    const next = inner.cause ?? inner.driverError;
    if (typeof next !== 'object' || next === null) break;
    inner = next;
  }
  return typeof inner.code === 'string' ? inner.code : String(inner.message).slice(0, 200);
}
