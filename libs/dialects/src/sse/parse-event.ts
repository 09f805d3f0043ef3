/** One event of an event stream. */
export interface ServerSentEvent {
  /** 'message' unless the stream names it. */
  readonly event: string;
  readonly data: string;
}

/**
 * The event in a block of lines (LF ends, no blank line), by the field rules of WHATWG HTML 9.2.6. Comments, `id`, `retry`
 * and unknown fields are ignored; a block without data is no event.
 */
export function parseEvent(block: string): ServerSentEvent | undefined {
  let event = '';
  let data: string | undefined;
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (field === 'event') event = value;
  }
  return data === undefined ? undefined : { event: event === '' ? 'message' : event, data };
}
