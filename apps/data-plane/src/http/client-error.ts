import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '#libs/clock';
import { type ErrorCode, errorTable, GatewayError } from '../errors/error-table.js';
import type { Surface } from '../surfaces/surface.js';
import { ClientConnection } from './client-connection.js';
import { answerAndLinger } from './lingering.js';

/** Node's and the parser's codes for requests that never became one. */
const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request headers are too large.'],
};
const malformed = ['invalid_request', 'The request is not valid HTTP/1.1.'] as const;

/**
 * Answers on a connection whose request could not be read: slow, oversized or malformed headers. The connection is of no
 * further use and is closed.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, surface: Surface, clock: Clock): void {
  // A reset needs no answer.
  if (error.code === 'ECONNRESET') socket.destroy();
  else answerBare(new GatewayError(...(codes[error.code ?? ''] ?? malformed)), socket, surface, clock);
}

/** `CONNECT` takes its connection out of HTTP: node hands over the bare socket, which nobody listens to any more. */
export function answerConnect(socket: Socket, surface: Surface, clock: Clock): void {
  socket.on('error', () => socket.destroy());
  answerBare(new GatewayError('unknown_path', 'CONNECT is not served: this is no proxy.'), socket, surface, clock);
}

/** Past node, which has no response for it. */
function answerBare(error: GatewayError, socket: Socket, surface: Surface, clock: Clock): void {
  // Where another answer is due or has begun, this one would be read as that or as its body.
  if (!socket.writable || ClientConnection.of(socket).owesAnswer) {
    socket.destroy();
    return;
  }
  const { status } = errorTable[error.code];
  const body = surface.errorBody(error);
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: ${surface.bodyType}\r\n` +
    `content-length: ${body.length}\r\n\r\n`;
  answerAndLinger(socket, head + body, clock);
}
