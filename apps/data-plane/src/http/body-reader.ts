import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

export interface BodyReceiver {
  onBody(body: Buffer): void;
  onTooLarge(): void;
}

/**
 * Collects a request's body, at most `maxBytes`. A length that is announced too large is refused unread. A small body
 * comes as one chunk nearly always, and is then handed over without a copy. If the client goes away nothing is called:
 * the response's `close` event tells.
 */
export function readBody(request: IncomingMessage, maxBytes: number, receiver: BodyReceiver): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes) {
    receiver.onTooLarge();
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let length = 0;
  let refused = false;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (refused) return;
    if (length > maxBytes) {
      refused = true;
      first = undefined;
      rest = undefined;
      receiver.onTooLarge();
    } else if (first === undefined) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (refused) return;
    const body = rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, length);
    // These closures live as long as node:http keeps the request; the bytes needn't.
    first = undefined;
    rest = undefined;
    receiver.onBody(body);
  });
}
