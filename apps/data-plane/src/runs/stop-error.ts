import type { PassedOverReason, Stop } from '#libs/routing';
import { codeOfClass } from '../errors/code-of-class.js';
import { GatewayError, ProviderFinding } from '../errors/error-table.js';
import type { AttemptRecord } from '../record/request-record.js';

/** Classes whose cause is in the client's own request, so that the provider's words are for the client. */
const requestFaults: ReadonlySet<string> = new Set(['InvalidRequest', 'ContextLength', 'ContentFiltered']);

/** An attempt that failed, as far as the client's error is made of it. */
export type FailedAttempt = Pick<AttemptRecord, 'outcome' | 'message' | 'code' | 'param' | 'status' | 'retryAfterMs'>;

/** Why no (further) attempt was made, in the client's terms. `last`: the attempt that `stop.last` names. */
export function stopError(stop: Stop, last: FailedAttempt | undefined, model: string): GatewayError {
  const retryAfterMs = stop.retryAfterMs ?? -1;
  switch (stop.code) {
    case 'no_matching_rule':
      return new GatewayError('no_matching_rule', `No rule of the policy for model '${model}' matches.`, 'model');
    case 'no_backend_available':
      return unavailable(stop, `No backend for model '${model}' can take a request`);
    case 'keys_exhausted':
      return new GatewayError(
        'keys_exhausted',
        `Every key for model '${model}' is at its limit or cooling down${reasonsOf(stop.passedOver)}.`,
        null,
        retryAfterMs,
      );
    case 'no_usable_key':
      if (last?.outcome === 'Auth') return failureError(last);
      return unavailable(stop, `No key for model '${model}' can be used`);
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
export function failureError(attempt: FailedAttempt, retryAfterMs = attempt.retryAfterMs ?? -1): GatewayError {
  const { outcome } = attempt;
  if (outcome === 'Pending' || outcome === 'Success') {
    return new GatewayError('internal_error', `An attempt that is ${outcome} is no failure.`);
  }
  const message = failureMessage(attempt);
  if (requestFaults.has(outcome))
    return new ProviderFinding(codeOfClass[outcome], message, attempt.code, attempt.param);
  return new GatewayError(codeOfClass[outcome], message, null, retryAfterMs);
}

/** Where nothing comes back by itself a client gains nothing by asking every second: an operator has to act. */
const OPERATOR_NEEDED_MS = 60_000;

function unavailable({ retryAfterMs, passedOver }: Stop, what: string): GatewayError {
  const isTemporary = retryAfterMs !== undefined || passedOver.some(({ reason }) => temporary.has(reason));
  const message = `${what}${isTemporary ? ' now' : ''}${reasonsOf(passedOver)}.`;
  return new GatewayError(
    'upstream_unavailable',
    message,
    null,
    retryAfterMs ?? (isTemporary ? -1 : OPERATOR_NEEDED_MS),
  );
}

/** As the end of a sentence: `: a circuit breaker is open, all keys are in use`. Empty where nothing was passed over. */
function reasonsOf(passedOver: Stop['passedOver']): string {
  const why = [...new Set(passedOver.map(({ reason }) => inWords[reason]))].join(', ');
  return why === '' ? '' : `: ${why}`;
}

/** No names: which backends there are isn't every client's business. */
const inWords: Readonly<Record<PassedOverReason, string>> = {
  BackendMissing: 'a backend is not in the table',
  PoolMissing: 'a key pool is not in the table',
  Drained: 'a backend is drained',
  BreakerOpen: 'a circuit breaker is open',
  ProbesTaken: 'a backend that failed is being probed',
  ConnectionLimit: 'all connections are in use',
  KeysSaturated: 'all keys are in use',
  KeysCooling: 'keys rest after a rate limit',
  KeysExhausted: 'the quota of keys is used up',
  KeysRefused: 'the provider refuses the keys',
  NoCredential: 'keys have no value here',
  NoKeyForModel: 'no key serves the model',
  KeysTried: 'every free key has been tried',
  Tried: 'a backend has been tried',
  RefusedRequest: 'a backend refused the request itself',
};

const temporary: ReadonlySet<PassedOverReason> = new Set([
  'BreakerOpen',
  'ProbesTaken',
  'ConnectionLimit',
  'KeysSaturated',
  'KeysCooling',
  'KeysExhausted',
]);

function failureMessage({ outcome, message, code, status }: FailedAttempt): string {
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
      if (status === 0) return 'The upstream failed.';
      if (status < 300) return `The upstream's answer could not be used${code === '' ? '' : ` (${code})`}.`;
      return `The upstream failed with status ${status}.`;
  }
}
