/** What a value turned out to be; a reason is for people and never holds a part of the value. */
export type CheckedValue = { readonly value: string } | { readonly reason: string };

const MAX_LENGTH = 64 * 1024;
/** RFC 9110, field-value, each character one byte: what goes beyond could end the header or never be sent. */
const headerSafe = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Only what can stand in an HTTP header may become a credential: CR, LF and NUL would let a value write headers. */
export function checkValue(value: string): CheckedValue {
  if (value === '') return { reason: 'the value is empty' };
  if (value.length > MAX_LENGTH) return { reason: `the value is longer than ${MAX_LENGTH} characters` };
  if (/[\r\n\0]/.test(value)) return { reason: 'the value has a line break or NUL in it' };
  if (!headerSafe.test(value)) return { reason: 'the value has characters that an HTTP header cannot carry' };
  return { value };
}
