import type { RequestFault } from '#libs/dialects';
import { type ErrorCode, errorTable, GatewayError } from '../errors/error-table.js';

/** A fault in a request as an error to its client. */
export function faultError({ code, param, message }: RequestFault): GatewayError {
  return new GatewayError(isErrorCode(code) ? code : 'invalid_request', message, param);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
