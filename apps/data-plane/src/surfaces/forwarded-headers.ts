import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../errors/error-table.js';

/**
 * Line breaks and NUL, and the line separators U+2028 and U+2029, which node:http shows as the Latin-1 characters of
 * their UTF-8 bytes: some header parsers and log readers take them for line breaks.
 */
// eslint-disable-next-line no-control-regex -- these control characters are the point
const unsafe = /[\0\r\n]|\u00e2\u0080[\u00a8\u00a9]/;

const none: readonly string[] = [];

/**
 * The headers that a provider of the client's dialect gets to see, names and values in turn. All others stay here: they
 * are about this hop, about us, or hold the client's credential.
 */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  names: readonly string[],
): readonly string[] | GatewayError {
  let forwarded: string[] | undefined;
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    // Node joins repeated values of these names with a comma.
    if (typeof value !== 'string' || unsafe.test(value)) {
      return new GatewayError('invalid_header', `The header '${name}' holds a character that is not allowed.`);
    }
    (forwarded ??= []).push(name, value);
  }
  return forwarded ?? none;
}
