import { serviceUnavailable } from '#libs/apimachinery';

/** SQLSTATE classes and codes that say "not now": connection, resources, shutdown, lock, deadlock and a server that takes no writes (Postgres, appendix A). */
const passing = /^(08|53|57P|55P03|40001|40P01|25P03|25006)/;
/** What the driver says of a connection that it lost or didn't get, without a code. */
const noConnection = /Connection terminated|connection timeout|trying to connect|connection error|already released/i;
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** True if the database could not be reached or could not take part just then: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, message, driverError } = error as {
    code?: unknown;
    syscall?: unknown;
    message?: unknown;
    driverError?: unknown;
  };
  if (driverError !== undefined && driverError !== error && isUnavailable(driverError)) return true;
  if (typeof code === 'string') return syscall === undefined ? passing.test(code) : socketCodes.has(code);
  return typeof message === 'string' && noConnection.test(message);
}

/** A passing failure as the API tells it, a 503 with the failure as its cause; any other error as it is. */
export function orUnavailable(error: unknown, message = 'the database is not available just now; try again'): unknown {
  return isUnavailable(error) ? Object.assign(serviceUnavailable(message), { cause: error }) : error;
}
