import { serviceUnavailable } from '#libs/apimachinery';

/**
 * SQLSTATE classes and codes that say "not now": connection, resources, shutdown, a statement that was cancelled or took too
 * long, lock, deadlock and a server that takes no writes (Postgres, appendix A).
 */
const passing = /^(08|53|57P|57014|55P03|40001|40P01|25P03|25006)/;
/** What the driver says of a connection that it lost or didn't get, without a code. */
const noConnection =
  /Connection terminated|connection timeout|trying to connect|connection error|not queryable|already released/i;
/** What sockets and name servers say. A host whose machine or network is gone is as far away as one that refuses. */
const socketCodes =
  /^(ECONN(REFUSED|RESET|ABORTED)|ENOENT|EPIPE|ETIMEDOUT|ENOTCONN|EADDRNOTAVAIL|EHOST(UNREACH|DOWN)|ENET(UNREACH|DOWN|RESET)|ENOTFOUND|EAI_(AGAIN|FAIL))$/;
/** Of a stream that was destroyed a moment ago; no system call is involved any more. */
const streamCodes = new Set(['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/** True if the database could not be reached or could not take part just then: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, message, driverError, errors } = error as {
    code?: unknown;
    syscall?: unknown;
    message?: unknown;
    driverError?: unknown;
    errors?: unknown;
  };
  if (driverError !== undefined && driverError !== error && isUnavailable(driverError)) return true;
  // An AggregateError, as Node's answer is where a name has several addresses and none of them works.
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(isUnavailable);
  if (typeof code === 'string') {
    return syscall === undefined ? passing.test(code) || streamCodes.has(code) : socketCodes.test(code);
  }
  return typeof message === 'string' && noConnection.test(message);
}

/** What does not pass by waiting alone, so that whoever hears of it knows what to do. Never the server's own words. */
const reasons = new Map<unknown, string>([
  ['53100', 'its disk is full'],
  ['53200', 'it is out of memory'],
  ['53300', 'it takes no more connections'],
  ['25006', 'it takes no writes, as a standby or a read-only server does'],
]);

/** A passing failure as the API tells it, a 503 with the failure as its cause; any other error as it is. */
export function orUnavailable(error: unknown, message = unavailableMessage(error)): unknown {
  return isUnavailable(error) ? Object.assign(serviceUnavailable(message), { cause: error }) : error;
}

function unavailableMessage(error: unknown): string {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  const reason = reasons.get(driverError?.code ?? code);
  return `the database is not available just now${reason === undefined ? '' : ` (${reason})`}; try again`;
}
