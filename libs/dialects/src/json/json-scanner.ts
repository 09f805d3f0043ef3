/**
 * A validating walk over JSON bytes that builds nothing: it accepts exactly what JSON.parse accepts (RFC 8259), finds
 * where values stand, and is cheaper than a parse, because long strings are skipped with `indexOf`.
 *
 * It reads the bytes where they count one by one (typed arrays are the fastest to index) and their latin1 view where
 * it searches. UTF-8 bytes above 127 never equal a quote, a backslash or a bracket, so every position in the text is one
 * in the bytes. What is cut out must be decoded again: see `decodeString`.
 */
export class JsonFault extends Error {
  constructor(
    readonly reason: string,
    /** Byte offset. */
    readonly position: number,
  ) {
    super(`${reason} at byte ${position}`);
  }
}

/** No byte. */
const END = -1;
const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const COLON = 58;
const UPPER_E = 69;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const LOWER_E = 101;
const LOWER_F = 102;
const LOWER_N = 110;
const LOWER_T = 116;
const LOWER_U = 117;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** What may follow a backslash, beside `u`. */
const isSimpleEscape = new Uint8Array(256);
for (const escape of Buffer.from('"\\/bfnrt')) isSimpleEscape[escape] = 1;

/** So many bytes of a string, from its start or an escape, are read one by one: below it two searches cost more. */
const SHORT_STRING = 24;

export class JsonScanner {
  /** Of the next character to read. */
  position = 0;
  /** Of the first backslash at or after the last long string's start; the text's length if there is none. */
  private nextBackslash = -1;
  /** Likewise of the first quote: without it a long text of many lines would be searched to its end at each of them. */
  private nextQuote = -1;
  /** Made where it is first needed: a short document has no long string. */
  private view: DataView | undefined = undefined;

  constructor(
    private readonly bytes: Uint8Array,
    /** The latin1 view of `bytes`. */
    readonly text: string,
    /** Nested arrays and objects allowed; the top-level value is at depth 1. */
    private readonly maxDepth: number,
  ) {}

  fail(reason: string, position = this.position): never {
    throw new JsonFault(reason, position);
  }

  /** The next byte that is not blank; END at the end. */
  peek(): number {
    const { bytes } = this;
    const { length } = bytes;
    let at = this.position;
    while (at < length) {
      const code = bytes[at]!;
      if (code > SPACE || (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB)) {
        this.position = at;
        return code;
      }
      at++;
    }
    this.position = at;
    return END;
  }

  atObject(): boolean {
    return this.peek() === OPEN_BRACE;
  }

  /** After the top-level value nothing but blanks may follow. */
  end(): void {
    if (this.peek() !== END) this.fail('unexpected data after the JSON value');
  }

  /** Enters an object. False: it is empty, and has been left. */
  enterObject(): boolean {
    this.expect(OPEN_BRACE, "'{'");
    if (this.peek() !== CLOSE_BRACE) return true;
    this.position++;
    return false;
  }

  /** In an object: skips a key and its colon. The key's characters are text[keyStart..keyEnd). */
  keyStart = 0;
  keyEnd = 0;
  key(): void {
    if (this.peek() !== QUOTE) this.fail('expected a property name in double quotes');
    this.keyStart = this.position + 1;
    this.string();
    this.keyEnd = this.position - 1;
    this.expect(COLON, "':'");
  }

  /** After a property. False: that was the last one, and the object has been left. */
  nextProperty(): boolean {
    return this.next(CLOSE_BRACE, "',' or '}'");
  }

  /** Skips any value. `depth`: of the value. */
  value(depth: number): void {
    switch (this.peek()) {
      case QUOTE:
        return this.string();
      case OPEN_BRACE:
        return this.object(depth);
      case OPEN_BRACKET:
        return this.array(depth);
      case LOWER_T:
        return this.literal('true');
      case LOWER_F:
        return this.literal('false');
      case LOWER_N:
        return this.literal('null');
      default:
        return this.number();
    }
  }

  private object(depth: number): void {
    if (depth > this.maxDepth) this.fail(`more than ${this.maxDepth} nested levels`);
    if (!this.enterObject()) return;
    do {
      this.key();
      if (isPrototypeKey(this.text, this.keyStart, this.keyEnd)) this.fail("property name '__proto__'", this.keyStart);
      this.value(depth + 1);
    } while (this.nextProperty());
  }

  private array(depth: number): void {
    if (depth > this.maxDepth) this.fail(`more than ${this.maxDepth} nested levels`);
    this.position++;
    if (this.peek() === CLOSE_BRACKET) {
      this.position++;
      return;
    }
    do this.value(depth + 1);
    while (this.next(CLOSE_BRACKET, "',' or ']'"));
  }

  private next(close: number, expected: string): boolean {
    const code = this.peek();
    if (code !== COMMA && code !== close) this.fail(`expected ${expected}`);
    this.position++;
    return code === COMMA;
  }

  private expect(code: number, name: string): void {
    if (this.peek() !== code) this.fail(`expected ${name}`);
    this.position++;
  }

  private string(): void {
    const { bytes } = this;
    const start = this.position + 1;
    let at = start;
    let searchFrom = start + SHORT_STRING;
    while (at < bytes.length) {
      const code = bytes[at]!;
      if (code === QUOTE) {
        this.position = at + 1;
        return;
      }
      if (code === BACKSLASH) {
        at = this.escape(at);
        searchFrom = at + SHORT_STRING;
      } else if (code < SPACE) {
        this.fail('control character in a string', at);
      } else if (++at === searchFrom) {
        at = this.search(at);
        searchFrom = -1;
      }
    }
    this.fail('unterminated string', start - 1);
  }

  /** From inside a string to its next quote or backslash; the end if there is none. */
  private search(from: number): number {
    const { text } = this;
    if (this.nextBackslash < from) this.nextBackslash = indexOrEnd(text, '\\', from);
    if (this.nextQuote < from) this.nextQuote = indexOrEnd(text, '"', from);
    const end = Math.min(this.nextQuote, this.nextBackslash);
    this.refuseControls(from, end);
    return end;
  }

  /** Checks the escape whose backslash stands at `at`; returns the position after it. */
  private escape(at: number): number {
    const { bytes } = this;
    const code = bytes[at + 1];
    if (code === LOWER_U) {
      for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(bytes[i])) this.fail('bad \\u escape', at);
      return at + 6;
    }
    if (code === undefined || isSimpleEscape[code] !== 1) this.fail('bad escape', at);
    return at + 2;
  }

  /** Four bytes at a time: a byte is below 32 where subtracting 32 borrows and its own top bit is clear. */
  private refuseControls(start: number, end: number): void {
    const { bytes } = this;
    const view = (this.view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true);
      if (((word - 0x20202020) & ~word & 0x80808080) !== 0) break;
    }
    for (; at < end; at++) if (bytes[at]! < SPACE) this.fail('control character in a string', at);
  }

  private literal(word: string): void {
    if (!this.text.startsWith(word, this.position)) this.fail('unexpected token');
    this.position += word.length;
  }

  private number(): void {
    const { bytes } = this;
    const start = this.position;
    if (bytes[this.position] === MINUS) this.position++;
    if (bytes[this.position] === DIGIT_0) this.position++;
    else this.digits(start);
    if (bytes[this.position] === DOT) {
      this.position++;
      this.digits(start);
    }
    const exponent = bytes[this.position];
    if (exponent === LOWER_E || exponent === UPPER_E) {
      const sign = bytes[++this.position];
      if (sign === PLUS || sign === MINUS) this.position++;
      this.digits(start);
    }
  }

  /** At least one. */
  private digits(start: number): void {
    const { bytes } = this;
    const first = this.position;
    let at = first;
    while (at < bytes.length && bytes[at]! >= DIGIT_0 && bytes[at]! <= DIGIT_9) at++;
    this.position = at;
    if (at === first) this.fail(first === start ? 'unexpected token' : 'bad number', start);
  }
}

/** Decodes the inside of a string that the scanner accepted, quotes excluded. */
export function decodeString(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  let isPlain = true;
  for (let i = 0; i < raw.length && isPlain; i++) {
    const code = raw.charCodeAt(i);
    isPlain = code !== BACKSLASH && code < 128;
  }
  return isPlain ? raw : (JSON.parse(`"${Buffer.from(raw, 'latin1').toString('utf8')}"`) as string);
}

/** Two keys that differ in escapes alone are equal, so one with a backslash is decoded before it is compared. */
function isPrototypeKey(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < 9) return false;
  if (length === 9) return text.startsWith('__proto__', start);
  // Any escaped spelling of nine characters is between these lengths.
  return length <= 54 && text.slice(start, end).includes('\\') && decodeString(text, start, end) === '__proto__';
}

function indexOrEnd(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index === -1 ? text.length : index;
}

function isHexDigit(code: number | undefined): boolean {
  if (code === undefined) return false;
  const lower = code | 32;
  return (code >= DIGIT_0 && code <= DIGIT_9) || (lower >= 97 && lower <= LOWER_F);
}
