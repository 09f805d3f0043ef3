/** A Secret's entry as an API key; `problem` completes "the entry ..." and holds no part of the value. */
export type ApiKey = { readonly value: string } | { readonly problem: string };

/** No provider's key comes near; a larger value is some other kind of secret. */
const maxBytes = 16 * 1024;

/**
 * What is sent upstream for an entry of a Secret. One line break at the end is left out: a file, `echo` and most editors
 * put one there, and no key has one. Whatever else can't stand in a header as it is makes the entry unusable, instead of
 * being mended into a key that nobody wrote.
 */
export function apiKeyOf(base64: string): ApiKey {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > maxBytes) return { problem: `is longer than the ${maxBytes} bytes of a key` };
  const value = bytes.toString('latin1').replace(/\r?\n$/, '');
  if (value === '') return { problem: 'is empty' };
  if (/[\r\n]/.test(value)) return { problem: 'has a line break in it' };
  if (!/^[\x20-\x7e]*$/.test(value)) return { problem: 'has characters in it that are not printable ASCII' };
  if (value !== value.trim()) return { problem: 'starts or ends with a blank' };
  return { value };
}
