import type { UpstreamRequest } from '../transport.js';

/** Up to here the body is copied behind its head: one buffer is one cheap write. Larger ones are written as two. */
const COPIED_BODY_BYTES = 16 * 1024;

/** The transport's own: a second one could make two requests of one. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const name = /^[!#$%&'*+.^_`|~\w-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Names that have been checked; the same few come with every request. */
const goodNames = new Set<string>();
const MAX_GOOD_NAMES = 1_000;
const target = /^[\x21-\x7e]+$/;

/** What is written for a request: one buffer, or the head and then the body. */
export type RequestBytes = readonly [Buffer] | readonly [Buffer, Buffer];

/** Throws where a name, a value or the path could end its line: that is a fault of whoever let it get here. */
export function requestBytes({ method = 'POST', path, headers, body }: UpstreamRequest, host: string): RequestBytes {
  if (!target.test(path)) throw new Error('the path of an upstream request holds a character that it may not');
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    const headerName = headers[index]!;
    const headerValue = headers[index + 1]!;
    if (!goodNames.has(headerName)) checkName(headerName);
    // The value may be a credential: it is not shown.
    if (!value.test(headerValue)) throw new Error(`the header ${headerName} holds a character that it may not`);
    head += `${headerName}: ${headerValue}\r\n`;
  }
  // RFC 9110, 8.6: a method that has no use for a body says nothing of its length.
  head += method === 'POST' || body.length > 0 ? `content-length: ${body.length}\r\n\r\n` : '\r\n';
  if (body.length > COPIED_BODY_BYTES) return [Buffer.from(head, 'latin1'), body];
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  return [bytes];
}

function checkName(headerName: string): void {
  if (!name.test(headerName) || ownHeaders.has(headerName.toLowerCase())) {
    throw new Error(`an upstream request may not have the header ${JSON.stringify(headerName)}`);
  }
  if (goodNames.size < MAX_GOOD_NAMES) goodNames.add(headerName);
}
