import type { IncomingHttpHeaders } from 'node:http';

/**
 * The client's headers that a provider gets to see. All others stay here: they are about this hop, about us, or hold the
 * client's credential.
 */
const forwardedNames = ['openai-beta', 'idempotency-key', 'x-client-request-id'] as const;

/**
 * Line breaks and NUL, and the line separators U+2028 and U+2029, which node:http shows as the Latin-1 characters of
 * their UTF-8 bytes: some header parsers and log readers take them for line breaks.
 */
// eslint-disable-next-line no-control-regex -- these control characters are the point
const unsafe = /[\0\r\n]|\u00e2\u0080[\u00a8\u00a9]/;

const none: readonly string[] = [];

/** Names and values in turn; or the name of a header whose value can't be forwarded. */
export function forwardedHeaders(headers: IncomingHttpHeaders): readonly string[] | { readonly refused: string } {
  let forwarded: string[] | undefined;
  for (const name of forwardedNames) {
    const value = headers[name];
    if (value === undefined) continue;
    // Node joins repeated values of these names with a comma.
    if (typeof value !== 'string' || unsafe.test(value)) return { refused: name };
    (forwarded ??= []).push(name, value);
  }
  return forwarded ?? none;
}
