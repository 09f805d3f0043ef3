/**
 * A text of its own, to be kept. V8 makes of a slice, or of a match, of 13 characters and more a window on the text that
 * it was cut from, and of a concatenation a pair of references: a model's name of 20 bytes keeps a body of 32 MiB alive.
 */
export function ownText(text: string): string {
  if (text.length < SHORTEST_WINDOW) return text;
  // One byte a character where that is enough; it nearly always is.
  const short = Buffer.from(text, 'latin1').toString('latin1');
  return short === text ? short : Buffer.from(text, 'utf16le').toString('utf16le');
}

const SHORTEST_WINDOW = 13;
