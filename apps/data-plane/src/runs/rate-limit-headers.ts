/** Vendors send six; one that sends more has none to spare for ours. */
const MAX_HEADERS = 12;
const MAX_VALUE = 64;

/**
 * What the provider said of its limits, names and values in turn, for a consumer that may see the routing: the numbers are
 * those of the one key that served, so to any other client they would be wrong.
 */
export function rateLimitHeaders(headers: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let index = 0; index + 1 < headers.length && found.length < 2 * MAX_HEADERS; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    if (name.length > MAX_VALUE || value.length > MAX_VALUE) continue;
    const known = name.toLowerCase();
    if (known.startsWith('x-ratelimit-')) found.push(known, value);
  }
  return found;
}
