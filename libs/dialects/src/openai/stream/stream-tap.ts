import type { Usage } from '#libs/inference';
import { LineEndings } from '../../sse/line-endings.js';
import { maxEventBytes, parseEvent } from '../../sse/parse-event.js';
import { isObject } from '../usage.js';
import { readChunk } from './read-chunk.js';

/**
 * Why a stream can't go on: an error event of the upstream, an event that is no JSON, or one over the size cap.
 */
export type StreamBreak = 'Error' | 'Malformed' | 'TooLarge';

/** What becomes of an event. */
type Verdict = 'Keep' | 'Drop' | 'Stop';

/**
 * Watches a streamed answer on its way through, as latin1 text, and hands on whole events only: what is written can be
 * cut after any push, and an error event put after it. Events pass unchanged, byte for byte, but for CR line ends,
 * which become LF, and for what `dropsUsageChunk` takes out. However the text is split, the results are the same.
 *
 * Up to the commit point each event is parsed. After it an event is searched for the names that could matter, and parsed
 * only if one of them has a value: about a tenth of the cost. A bare `"finish_reason"`, with its quotes, can't stand
 * inside a JSON string, so nothing a model writes can forge one. Names written with escapes aren't recognised; no
 * known upstream writes them.
 */
export class StreamTap {
  /** The first text, tool or reasoning delta has been seen: from here on the client notices a second attempt. */
  committed = false;
  finishReason: string | undefined;
  usage: Usage | undefined;
  /** `[DONE]` was seen; what follows it is ignored. */
  done = false;
  broken: StreamBreak | undefined;
  /** The upstream's error event, decoded, for classification; set with `broken: 'Error'`. */
  errorBody: string | undefined;

  private readonly lineEndings = new LineEndings();
  /** The unfinished event; appended to, and searched only once its end is there. */
  private pending = '';
  private endsWithLineFeed = false;
  /** Where each of `notableNames` is found next in the text at hand. */
  private readonly nextFound = new Float64Array(notableNames.length);

  /** `dropsUsageChunk`: the usage chunk was our wish, not the client's. */
  constructor(
    private readonly dropsUsageChunk: boolean,
    private readonly maxBytes = maxEventBytes,
  ) {}

  /** A clean end is one after `[DONE]` or a finish reason; any other is a failure, however the connection closed. */
  get isComplete(): boolean {
    return this.broken === undefined && (this.done || this.finishReason !== undefined);
  }

  /** Returns the events that are whole now, to be passed on; '' if there are none. */
  push(chunk: string): string {
    if (this.broken !== undefined || this.done) return '';
    const text = this.lineEndings.push(chunk);
    if (text === '') return '';
    if (!text.includes('\n\n') && !(this.endsWithLineFeed && text.charCodeAt(0) === LINE_FEED)) {
      this.keepPending(this.pending + text, text);
      return '';
    }
    return this.take(this.pending + text);
  }

  /** The upstream has ended. Returns a last event that lacked its blank line, if it is whole. */
  end(): string {
    const rest = this.pending.trim();
    this.pending = '';
    if (rest === '' || this.broken !== undefined || this.done) return '';
    this.nextFound.fill(0);
    const verdict = this.inspect(rest, 0, rest.length);
    // A cut event isn't news of its own: `isComplete` already tells that the end is missing.
    if (this.isMalformed()) this.broken = undefined;
    return verdict === 'Keep' ? `${rest}\n\n` : '';
  }

  private isMalformed(): boolean {
    return this.broken === 'Malformed';
  }

  private take(text: string): string {
    this.nextFound.fill(0);
    let start = 0;
    let keptFrom = 0;
    let kept = '';
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n', start)) {
      const verdict = this.inspect(text, start, end);
      if (verdict !== 'Keep') {
        kept += text.slice(keptFrom, start);
        keptFrom = end + 2;
      }
      start = end + 2;
      if (verdict === 'Stop') return kept;
      if (this.done) return kept + text.slice(keptFrom, start);
    }
    const rest = text.slice(start);
    this.keepPending(rest, rest);
    return kept + text.slice(keptFrom, start);
  }

  private keepPending(pending: string, tail: string): void {
    this.pending = pending;
    this.endsWithLineFeed = tail.charCodeAt(tail.length - 1) === LINE_FEED;
    // A line feed at the end may be half of the blank line, which is not part of the event.
    if (pending.length - (this.endsWithLineFeed ? 1 : 0) > this.maxBytes) this.stop('TooLarge');
  }

  /** One event, text[start..end), without its blank line. */
  private inspect(text: string, start: number, end: number): Verdict {
    if (end - start > this.maxBytes) return this.stop('TooLarge');
    if (!text.startsWith('data:', start) || lineEnd(text, start) < end)
      return this.inspectBlock(text.slice(start, end));
    const dataStart = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
    if (this.committed && text.charCodeAt(end - 1) === CLOSE_BRACE && !this.isNotable(text, start, end)) return 'Keep';
    return this.inspectData(text.slice(dataStart, end), 'message');
  }

  /** Events with comments, several lines or other fields; and JSON without any framing, as some upstreams end. */
  private inspectBlock(block: string): Verdict {
    const event = parseEvent(block);
    if (event !== undefined) return this.inspectData(event.data, event.event);
    return block.trimStart().startsWith('{') ? this.inspectData(block, 'message') : 'Keep';
  }

  private inspectData(data: string, event: string): Verdict {
    if (data.trim() === '[DONE]') {
      this.done = true;
      return 'Keep';
    }
    if (event !== 'message' && event !== 'error') return 'Keep';
    const chunk = parseObject(data);
    if (chunk === undefined) return this.stop('Malformed');
    const facts = readChunk(chunk);
    if (facts.isError || event === 'error') {
      this.errorBody = Buffer.from(data, 'latin1').toString('utf8');
      return this.stop('Error');
    }
    this.committed ||= facts.hasContent;
    this.finishReason = facts.finishReason ?? this.finishReason;
    this.usage = facts.usage ?? this.usage;
    return facts.isUsageOnly && this.dropsUsageChunk ? 'Drop' : 'Keep';
  }

  private stop(reason: StreamBreak): 'Stop' {
    this.broken = reason;
    this.pending = '';
    return 'Stop';
  }

  private isNotable(text: string, start: number, end: number): boolean {
    for (let i = 0; i < notableNames.length; i++) {
      const name = notableNames[i]!;
      let at = this.nextFound[i]!;
      if (at < start) at = indexOrEnd(text, name, start);
      while (at < end && !hasValue(text, at, at + name.length)) at = indexOrEnd(text, name, at + name.length);
      // Kept for the events to come: the text is searched once, however many events it holds.
      this.nextFound[i] = at;
      if (at < end) return true;
    }
    return false;
  }
}

const LINE_FEED = 10;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;
const CLOSE_BRACE = 125;

/**
 * Without the quote they begin with: a search jumps from one first character to the next, and quotes are everywhere.
 */
const notableNames = ['finish_reason"', 'usage"', 'error"'] as const;

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

function lineEnd(text: string, from: number): number {
  return indexOrEnd(text, '\n', from);
}

function indexOrEnd(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index === -1 ? text.length : index;
}

/** Parsed from the latin1 view: names and enums are ASCII, and nothing else of the result is used. */
function parseObject(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
