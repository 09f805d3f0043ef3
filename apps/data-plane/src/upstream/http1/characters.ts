/** RFC 9110, 5.6.2: what a header's name may be made of. 1 for each such byte. */
export const tokenBytes = bytesIn(/[!#$%&'*+.^_`|~0-9A-Za-z-]/);
/** RFC 9110, 5.5: what a header's value may be made of: visible ASCII, blank, tab, and bytes above 127. */
export const valueBytes = bytesIn(/[\t\x20-\x7e\x80-\xff]/);

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const BLANK = 32;
export const COLON = 58;
export const SEMICOLON = 59;

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function bytesIn(set: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (set.test(String.fromCharCode(byte)) ? 1 : 0));
}
