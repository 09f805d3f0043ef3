import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError, badRequest } from '#libs/apimachinery';

/** Node's and the parser's codes for requests that never became one. */
const refusals: Readonly<Record<string, ApiError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new ApiError(408, 'Timeout', 'the request did not arrive in time'),
  HPE_HEADER_OVERFLOW: new ApiError(431, 'BadRequest', 'the request line and headers are over 32 KiB'),
};
const malformed = badRequest('the request is not valid HTTP/1.1');

/** A client that is still sending when it is refused has so long to read why. */
const LINGER_MS = 2_000;

/**
 * Answers on a connection whose request could not be read: malformed, oversized or slow headers. What still arrives is
 * read and dropped until the client has closed: a socket closed on unread bytes is reset, which can overtake the answer.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // A reset needs no answer; on a socket that a response has begun on, one would be read as its body.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const refusal = refusals[error.code ?? ''] ?? malformed;
  const body = JSON.stringify(refusal.toStatus());
  socket.removeAllListeners('data').on('data', () => undefined);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.end(
    `HTTP/1.1 ${refusal.code} ${STATUS_CODES[refusal.code]}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
