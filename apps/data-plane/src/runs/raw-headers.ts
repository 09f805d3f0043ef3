/** One header's value without making strings of the others; the last of several, '' for none. `name`: lower case. */
export function headerValue(headers: readonly Buffer[], name: string): string {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const candidate = headers[index];
    if (candidate?.length === name.length && candidate.toString('latin1').toLowerCase() === name) {
      return headers[index + 1]?.toString('latin1') ?? '';
    }
  }
  return '';
}

/** All of them, for classification. Repeated ones are joined as RFC 9110, 5.3 has it. */
export function lowerCaseHeaders(headers: readonly Buffer[]): Record<string, string> {
  const record: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!.toString('latin1').toLowerCase();
    const value = headers[index + 1]!.toString('latin1');
    record[name] = record[name] === undefined ? value : `${record[name]}, ${value}`;
  }
  return record;
}
