import type { IncomingMessage, ServerResponse } from 'node:http';

const EMPTY = Buffer.alloc(0);

export interface BodyReceiver {
  onBody(body: Buffer): void;
  onTooLarge(): void;
}

/** Of a refused body that is still coming in: read and thrown away, so that the client gets to read its answer. */
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * Collects a request's body, at most `maxBytes`. A length that is announced too large is refused unread. A small body
 * comes as one chunk nearly always, and is then handed over without a copy. A client that waits for `100 Continue` gets
 * it here, once the request is accepted: one that was refused hasn't sent its body in vain. If the client goes away
 * nothing is called: its connection says so.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  receiver: BodyReceiver,
): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes) {
    discard(request);
    receiver.onTooLarge();
    return;
  }
  // HTTP/1.0 knows no interim answers: its client would take this one for the answer.
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue();
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let length = 0;
  function collect(chunk: Buffer): void {
    length += chunk.length;
    if (length > maxBytes) {
      first = undefined;
      rest = undefined;
      request.off('data', collect);
      request.off('end', handOver);
      discard(request);
      receiver.onTooLarge();
    } else if (first === undefined) first = chunk;
    else (rest ??= [first]).push(chunk);
  }
  function handOver(): void {
    const body = rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, length);
    // These closures live as long as node:http keeps the request; the bytes needn't.
    first = undefined;
    rest = undefined;
    receiver.onBody(body);
  }
  request.on('data', collect);
  request.on('end', handOver);
}

/**
 * A connection that is closed while its client sends is reset, and the answer lost with it. So the rest is read; a client
 * that sends much more all the same is cut off, and a slow one by the server's limit for a whole request.
 */
function discard(request: IncomingMessage): void {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LINGER_BYTES) request.destroy();
  });
}
