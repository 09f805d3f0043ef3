import type { Socket } from 'node:net';
import type { Clock } from '#libs/clock';
import { type ErrorCode, errorTable, GatewayError } from '../errors/error-table.js';
import type { Surface } from '../surfaces/surface.js';
import { ClientConnection } from './client-connection.js';
import { lastAnswer } from './last-answer.js';
import { answerAndLinger } from './lingering.js';

/** Node's and the parser's codes for requests that never became one. */
const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request headers are too large.'],
};
const malformed = ['invalid_request', 'The request is not valid HTTP/1.1.'] as const;

/**
 * Answers on a connection whose request could not be read: a slow, oversized or malformed head, or a body that is slow or
 * malformed; of these the request knows what became of it. The connection is of no further use and is closed.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, surface: Surface, clock: Clock): void {
  // A reset needs no answer; where another answer is due or has begun, one would be read as that or as its body.
  const connection = ClientConnection.of(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || connection.owesAnswer) {
    socket.destroy();
    return;
  }
  const [code, message] = codes[error.code ?? ''] ?? malformed;
  const fault = new GatewayError(code, message);
  const { waiting } = connection;
  if (waiting !== undefined && error.code !== CLOSED_HALFWAY) {
    waiting.requestBroke(fault, (answer) => answerAndLinger(socket, answer, clock));
    return;
  }
  const headers = ['content-type', surface.bodyType];
  answerAndLinger(socket, lastAnswer(errorTable[code].status, headers, surface.errorBody(fault)), clock);
}

/** `CONNECT` takes its connection out of HTTP: node hands over the bare socket, which nobody listens to any more. */
export function answerConnect(socket: Socket, surface: Surface, clock: Clock): void {
  socket.on('error', () => socket.destroy());
  if (ClientConnection.of(socket).owesAnswer) {
    socket.destroy();
    return;
  }
  const error = new GatewayError('unknown_path', 'CONNECT is not served: this is no proxy.');
  const headers = ['content-type', surface.bodyType];
  answerAndLinger(socket, lastAnswer(errorTable[error.code].status, headers, surface.errorBody(error)), clock);
}

/** The client closes its side before its request is whole: as far as anybody can tell it has left. */
const CLOSED_HALFWAY = 'HPE_INVALID_EOF_STATE';
