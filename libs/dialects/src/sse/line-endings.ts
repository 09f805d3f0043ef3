const byteOrderMark = '\u00ef\u00bb\u00bf';

/**
 * Turns the three line ends of an event stream (LF, CRLF, CR: WHATWG HTML 9.2.5) into LF and takes a leading byte order
 * mark away, whatever way the text is split. Works on the latin1 view of the bytes, so a character split between two
 * reads does no harm. Text without CR, the common case, is handed on as it is.
 *
 * A CR at the end ends its line at once; an LF that follows in the next text belongs to it and is swallowed. So nothing
 * has to wait for more.
 */
export class LineEndings {
  private swallowsLineFeed = false;
  /** What came so far, while it may still be a byte order mark; undefined once that is settled. */
  private start: string | undefined = '';

  /** What comes next stands as it is: no mark may begin or go on with it, and no LF belongs to a CR before it. */
  get isSettled(): boolean {
    return this.start === undefined && !this.swallowsLineFeed;
  }

  push(text: string): string {
    const rest = this.start === undefined ? text : this.withoutMark(text);
    if (rest === '') return '';
    const isSecondHalf = this.swallowsLineFeed && rest.charCodeAt(0) === LINE_FEED;
    this.swallowsLineFeed = rest.charCodeAt(rest.length - 1) === CARRIAGE_RETURN;
    const own = isSecondHalf ? rest.slice(1) : rest;
    return own.includes('\r') ? own.replace(/\r\n?/g, '\n') : own;
  }

  private withoutMark(text: string): string {
    const soFar = this.start + text;
    if (soFar.length < byteOrderMark.length && byteOrderMark.startsWith(soFar)) {
      this.start = soFar;
      return '';
    }
    this.start = undefined;
    return soFar.startsWith(byteOrderMark) ? soFar.slice(byteOrderMark.length) : soFar;
  }
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
