import type { Outcome, UpstreamResult } from '#libs/inference';
import { retryAfterMs } from '../rate-limit/parse-delay.js';
import { classOf, type ErrorRules, isModelDenied } from './error-rules.js';
import { readErrorBody } from './read-error-body.js';
import { safeCode, safeMessage, safeParam } from './safe-text.js';
import { transportFailures } from './transport-failures.js';

/**
 * What an attempt came to. A failed transport first; then an error status; then an error that hides behind a good
 * one: an error object at 200, or a body that the caller found cut off and marked `IncompleteBody`.
 */
export function classify(result: UpstreamResult, nowMs: number, rules: ErrorRules): Outcome {
  const { status, failure } = result;
  if (failure !== undefined) {
    const [errorClass, message] = transportFailures[failure];
    return { ok: false, class: errorClass, status, message };
  }
  const isGood = status >= 200 && status < 300;
  const error = readErrorBody(result.body);
  if (isGood && !error.isError) return { ok: true, status };
  const saidStatus = isGood ? statusInBody(error.code) : status;
  return {
    ok: false,
    class: classOf(rules, saidStatus, error.code, error.type),
    status,
    about: isModelDenied(rules, saidStatus, error.code, error.type) ? 'Model' : undefined,
    code: safeCode(error.code) ?? safeCode(error.type),
    param: safeParam(error.param),
    message: safeMessage(error.message) || `The upstream answered ${status}.`,
    retryAfterMs: retryAfterMs(result.headers, nowMs),
  };
}

/** At 200 the real status may stand in the code (OpenRouter); without one it is the upstream's own failure. */
function statusInBody(code: string): number {
  return /^[45]\d\d$/.test(code) ? Number(code) : 500;
}
