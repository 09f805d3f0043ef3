/**
 * The same question as `isNotable`, asked of bytes: after the commit point most chunks are one event in which nothing
 * matters, and making a text of it only to search it costs more than twice as much. It may find something where there
 * is nothing, and the event is then looked at as text; never the reverse.
 */
export class CleanEvents {
  /** What the events of this stream begin with, up to the delta: seen clean once, and from then on only compared. */
  private beginning: Buffer | undefined = undefined;
  private learned = 0;

  /** The position after the event `data: {...}` and its blank line; -1: there is none, or it is to be looked at. */
  endOf(chunk: Buffer, start: number): number {
    const { beginning } = this;
    if (beginning === undefined) return this.learn(chunk, start);
    const from = start + beginning.length;
    if (chunk.length < from || chunk.compare(beginning, 0, beginning.length, start, from) !== 0) {
      return this.learn(chunk, start);
    }
    return cleanEnd(chunk, from);
  }

  /** A stream whose events begin differently each time is searched from their start. */
  private learn(chunk: Buffer, start: number): number {
    const end = startsWithData(chunk, start) ? cleanEnd(chunk, start + DATA_LENGTH) : -1;
    if (end === -1) return end;
    this.learned += 1;
    const delta = this.learned > MAX_LEARNED ? -1 : chunk.indexOf('"delta"', start, 'latin1');
    // A copy: the chunk is a view that does not last. It ends where a key begins, so no key is looked at by halves.
    this.beginning = delta === -1 || delta > end ? undefined : Buffer.from(chunk.subarray(start, delta));
    return end;
  }
}

/** So many times an upstream may change what its events begin with. */
const MAX_LEARNED = 3;

function cleanEnd(chunk: Buffer, from: number): number {
  const { length } = chunk;
  for (let at = from; at < length; at++) {
    const code = chunk[at]!;
    if (code === COLON) {
      if (isNotableKey(chunk, at)) return -1;
    } else if (code < SPACE) {
      // A tab or a CR is for the longer way, too.
      const isEnd = code === LINE_FEED && chunk[at + 1] === LINE_FEED && chunk[at - 1] === CLOSE_BRACE;
      return isEnd ? at + 2 : -1;
    }
  }
  return -1;
}

function startsWithData(chunk: Buffer, at: number): boolean {
  return (
    chunk[at] === LOWER_D &&
    chunk[at + 1] === LOWER_A &&
    chunk[at + 2] === LOWER_T &&
    chunk[at + 3] === LOWER_A &&
    chunk[at + 4] === COLON
  );
}

/** Is the key before this colon one that ends as `finish_reason`, `usage` or `error` do, and its value not null? */
function isNotableKey(chunk: Buffer, colon: number): boolean {
  let at = colon - 1;
  while (chunk[at] === SPACE) at--;
  if (chunk[at] !== QUOTE || !endsNotably(chunk, at)) return false;
  let value = colon + 1;
  while (chunk[value] === SPACE) value++;
  return !isNull(chunk, value);
}

function isNull(chunk: Buffer, at: number): boolean {
  return chunk[at] === LOWER_N && chunk[at + 1] === LOWER_U && chunk[at + 2] === LOWER_L && chunk[at + 3] === LOWER_L;
}

/** `quote`: the one that closes the key. */
function endsNotably(chunk: Buffer, quote: number): boolean {
  const before = chunk[quote - 2];
  switch (chunk[quote - 1]) {
    case LOWER_N:
      return before === LOWER_O && chunk[quote - 3] === LOWER_S;
    case LOWER_E:
      return before === LOWER_G;
    case LOWER_R:
      return before === LOWER_O;
    default:
      return false;
  }
}

const DATA_LENGTH = 5;
const LINE_FEED = 10;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;
const LOWER_A = 97;
const LOWER_D = 100;
const LOWER_E = 101;
const LOWER_G = 103;
const LOWER_L = 108;
const LOWER_N = 110;
const LOWER_O = 111;
const LOWER_R = 114;
const LOWER_S = 115;
const LOWER_T = 116;
const LOWER_U = 117;
const CLOSE_BRACE = 125;
