import type { UpstreamRequest } from '../transport.js';

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

/** What is written for a request: text that is bytes seen as Latin-1, and then a body that isn't copied behind it. */
export interface RequestBytes {
  readonly text: string;
  readonly body: Buffer | undefined;
}

/** Throws where a name, a value or the path could end its line: that is a fault of whoever let it get here. */
export function requestBytes(request: UpstreamRequest, host: string): RequestBytes {
  const { method = 'POST', path, always, headers, body } = request;
  if (!target.test(path)) throw new Error('the path of an upstream request holds a character that it may not');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${linesOfAlways(always)}`;
  text += linesOf(headers);
  // RFC 9110, 8.6: a method that has no use for a body says nothing of its length.
  text += method === 'POST' || body.length > 0 ? `content-length: ${body.length}\r\n\r\n` : '\r\n';
  // One text is one write.
  return typeof body === 'string' ? { text: text + body, body: undefined } : { text, body };
}

/** Of lists that come again with every request. */
const known = new WeakMap<readonly string[], string>();

function linesOfAlways(always: readonly string[]): string {
  let lines = known.get(always);
  if (lines === undefined) {
    lines = linesOf(always);
    known.set(always, lines);
  }
  return lines;
}

function linesOf(headers: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < headers.length; index += 2) {
    const headerName = headers[index]!;
    const headerValue = headers[index + 1]!;
    if (!goodNames.has(headerName)) checkName(headerName);
    // The value may be a credential: it is not shown.
    if (!value.test(headerValue)) throw new Error(`the header ${headerName} holds a character that it may not`);
    lines += `${headerName}: ${headerValue}\r\n`;
  }
  return lines;
}

function checkName(headerName: string): void {
  if (!name.test(headerName) || ownHeaders.has(headerName.toLowerCase())) {
    throw new Error(`an upstream request may not have the header ${JSON.stringify(headerName)}`);
  }
  if (goodNames.size < MAX_GOOD_NAMES) goodNames.add(headerName);
}
