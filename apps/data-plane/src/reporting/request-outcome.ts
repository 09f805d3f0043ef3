import type { RequestRecord } from '../record/request-record.js';

/** `code` label of a request that was answered in full. */
export const OK = 'ok';
/** `code` label of a request whose client went away: no error of anyone's. */
export const ABORTED = 'aborted';

/** One word for how a request ended: `ok`, `aborted` or an error code of docs/errors.md. */
export function outcomeCode({ finish, errorCode }: RequestRecord): string {
  if (finish === 'Completed') return OK;
  return finish === 'Aborted' ? ABORTED : errorCode;
}

/**
 * Whether the gateway or an upstream is to blame: a 5xx, no answer at all, or a stream cut after its 200. A 4xx is the
 * client's own (OpenTelemetry: it leaves a SERVER span unset).
 */
export function failedHere({ finish, status }: RequestRecord): boolean {
  return finish === 'Failed' && (status < 400 || status >= 500);
}

/** A failure an operator may have to act on: ours, or one that an upstream caused (a 429 among them). */
export function worthReporting(record: RequestRecord): boolean {
  return failedHere(record) || (record.finish === 'Failed' && (record.errorClass !== '' || record.status === 429));
}
