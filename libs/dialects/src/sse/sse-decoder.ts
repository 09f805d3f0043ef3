import { LineEndings } from './line-endings.js';
import { parseEvent, type ServerSentEvent } from './parse-event.js';

export const maxEventBytes = 1024 * 1024;

/**
 * Decodes an event stream. However the bytes are split, the same events come out. An event over `maxEventBytes` ends it:
 * `isTooLarge` is set, and everything after is ignored. What stands after the last blank line is no event.
 */
export class SseDecoder {
  isTooLarge = false;
  private readonly lineEndings = new LineEndings();
  /** The unfinished block; grows by appending only, so a long event in small pieces stays linear. */
  private pending = '';
  private endsWithLineFeed = false;

  constructor(private readonly maxBytes = maxEventBytes) {}

  push(bytes: Uint8Array): readonly ServerSentEvent[] {
    if (this.isTooLarge) return [];
    const text = this.lineEndings.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
    if (text === '') return [];
    const endsBlock = text.includes('\n\n') || (this.endsWithLineFeed && text.startsWith('\n'));
    this.pending += text;
    this.endsWithLineFeed = text.endsWith('\n');
    const events: ServerSentEvent[] = [];
    if (endsBlock) this.takeBlocks(events);
    // A line feed at the end may be half of the blank line, which is not part of the event.
    if (this.pending.length - (this.endsWithLineFeed ? 1 : 0) > this.maxBytes) this.isTooLarge = true;
    if (this.isTooLarge) this.pending = '';
    return events;
  }

  private takeBlocks(events: ServerSentEvent[]): void {
    const { pending } = this;
    let start = 0;
    for (let end = pending.indexOf('\n\n'); end !== -1; end = pending.indexOf('\n\n', start)) {
      if (end - start > this.maxBytes) {
        this.isTooLarge = true;
        return;
      }
      const event = parseEvent(Buffer.from(pending.slice(start, end), 'latin1').toString('utf8'));
      if (event !== undefined) events.push(event);
      start = end + 2;
    }
    this.pending = pending.slice(start);
    this.endsWithLineFeed = this.pending.endsWith('\n');
  }
}
