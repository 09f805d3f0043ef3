/**
 * The names of a chunk that matter after the commit point, without the quote they begin with: a search jumps from one first
 * character to the next, and quotes are everywhere.
 */
export const notableNames = ['finish_reason"', 'usage"', 'error"'] as const;

/**
 * Does one of them stand in text[start..end), as a key whose value is not null? `nextFound`: where each is found next; kept
 * for the events to come, so that the text is searched once, however many events it holds.
 */
export function isNotable(text: string, start: number, end: number, nextFound: Float64Array): boolean {
  for (let i = 0; i < notableNames.length; i++) {
    const name = notableNames[i]!;
    let at = nextFound[i]!;
    if (at < start) at = indexOrEnd(text, name, start);
    while (at < end && !hasValue(text, at, at + name.length)) at = indexOrEnd(text, name, at + name.length);
    nextFound[i] = at;
    if (at < end) return true;
  }
  return false;
}

/** Does a whole name stand at `at`, as a key whose value is not null? `from`: after the name. */
function hasValue(text: string, at: number, from: number): boolean {
  if (text.charCodeAt(at - 1) !== QUOTE) return false;
  const colon = skipBlanks(text, from);
  return text.charCodeAt(colon) === COLON && !text.startsWith('null', skipBlanks(text, colon + 1));
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++;
  return at;
}

function indexOrEnd(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index === -1 ? text.length : index;
}

const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;
