import type { Usage } from '#libs/inference';
import { LineEndings } from '../../sse/line-endings.js';
import { parseEvent } from '../../sse/parse-event.js';
import { ChoiceEnds } from './choice-ends.js';
import { CleanEvents } from './clean-event.js';
import { decoded, parseObject } from './json-text.js';
import { isNotable, notableNames } from './notable-names.js';
import { type ChunkFacts, readChunk } from './read-chunk.js';

/**
 * Why a stream can't go on: an error event of the upstream, an event that is no JSON, or one over the size cap.
 */
export type StreamBreak = 'Error' | 'Malformed' | 'TooLarge';

/** What becomes of an event. */
type Verdict = 'Keep' | 'Drop' | 'Stop';

export interface TapOptions {
  readonly maxEventBytes: number;
  /** The usage chunk was our wish, not the client's. */
  readonly dropsUsageChunk: boolean;
  /** Answers asked for at once. */
  readonly choices: number;
  /** Gets every chunk, parsed, instead of the client: nothing is handed on. */
  readonly onChunk?: (chunk: Readonly<Record<string, unknown>>, facts: ChunkFacts) => void;
}

/**
 * Watches a streamed answer on its way through, as latin1 text, and hands on whole events only: what is written can be
 * cut after any push, and an error event put after it. Events pass unchanged, byte for byte, but for CR line ends,
 * which become LF, and for what `dropsUsageChunk` takes out. However the text is split, the results are the same.
 *
 * Up to the commit point each event is parsed. After it an event is searched for the names that could matter, and parsed
 * only if one of them has a value: about a tenth of the cost. A bare `"finish_reason"`, with its quotes, can't stand
 * inside a JSON string, so nothing a model writes can forge one. Names written with escapes aren't recognised; no
 * known upstream writes them. Where several choices were asked for, every event is parsed: each has to end.
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
  /** Events with content: at most one token each, with most upstreams exactly one. */
  deltas = 0;

  private readonly options: TapOptions;
  private readonly parsesAll: boolean;
  private readonly lineEndings = new LineEndings();
  private readonly ends: ChoiceEnds;
  private readonly clean = new CleanEvents();
  /** The unfinished event; appended to, and searched only once its end is there. */
  private pending = '';
  private endsWithLineFeed = false;
  /** Where each of `notableNames` is found next in the text at hand. */
  private readonly nextFound = new Float64Array(notableNames.length);

  constructor(options: TapOptions) {
    this.options = options;
    this.parsesAll = options.choices > 1 || options.onChunk !== undefined;
    this.ends = new ChoiceEnds(options.choices);
  }

  /** A clean end is one after `[DONE]` or each choice's finish reason; any other is a failure, however the connection closed. */
  get isComplete(): boolean {
    return this.broken === undefined && (this.done || this.ends.areAllThere);
  }

  /**
   * True: the chunk is of whole events in which nothing matters, and passes as it is. It has been counted, and is not to
   * be pushed. No text is made of it.
   */
  passes(chunk: Buffer): boolean {
    if (!this.committed || this.parsesAll || this.done || this.broken !== undefined) return false;
    if (this.pending !== '' || !this.lineEndings.isSettled || chunk.length > this.options.maxEventBytes) return false;
    let events = 0;
    for (let start = 0; start < chunk.length; events++) {
      start = this.clean.endOf(chunk, start);
      if (start === -1) return false;
    }
    this.deltas += events;
    return events > 0;
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
    // A cut event isn't news of its own: `isComplete` already says that the end is missing.
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
    if (pending.length - (this.endsWithLineFeed ? 1 : 0) > this.options.maxEventBytes) this.stop('TooLarge');
  }

  /** One event, text[start..end), without its blank line. */
  private inspect(text: string, start: number, end: number): Verdict {
    if (end - start > this.options.maxEventBytes) return this.stop('TooLarge');
    if (!text.startsWith('data:', start) || lineEnd(text, start) < end)
      return this.inspectBlock(text.slice(start, end));
    if (this.isPlain(text, start, end)) {
      this.deltas += 1;
      return 'Keep';
    }
    const dataStart = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
    return this.inspectData(text.slice(dataStart, end), 'message');
  }

  /** After the commit point: an event of one line without anything that matters. */
  private isPlain(text: string, start: number, end: number): boolean {
    if (!this.committed || this.parsesAll || text.charCodeAt(end - 1) !== CLOSE_BRACE) return false;
    return !isNotable(text, start, end, this.nextFound);
  }

  /** Events with comments, several lines or other fields; and JSON without any framing, as some upstreams end. */
  private inspectBlock(block: string): Verdict {
    const event = parseEvent(block);
    if (event !== undefined) return this.inspectData(event.data, event.event);
    return block.trimStart().startsWith('{') ? this.inspectData(block, 'message') : this.kept;
  }

  private inspectData(data: string, event: string): Verdict {
    if (data.trim() === '[DONE]') {
      this.done = true;
      return this.kept;
    }
    if (event !== 'message' && event !== 'error') return this.kept;
    const { onChunk, dropsUsageChunk } = this.options;
    // From the latin1 view where it is only watched: names and enums are ASCII, and nothing else of it is used.
    const chunk = parseObject(onChunk === undefined ? data : decoded(data));
    if (chunk === undefined) return this.stop('Malformed');
    const facts = readChunk(chunk);
    if (facts.isError || event === 'error') {
      this.errorBody = decoded(data);
      return this.stop('Error');
    }
    this.note(facts);
    onChunk?.(chunk, facts);
    return facts.isUsageOnly && dropsUsageChunk ? 'Drop' : this.kept;
  }

  private note(facts: ChunkFacts): void {
    if (facts.hasContent) {
      this.committed = true;
      this.deltas += 1;
    }
    this.finishReason = facts.finishReason ?? this.finishReason;
    this.usage = facts.usage ?? this.usage;
    this.ends.note(facts.choices);
  }

  private get kept(): Verdict {
    return this.options.onChunk === undefined ? 'Keep' : 'Drop';
  }

  private stop(reason: StreamBreak): 'Stop' {
    this.broken = reason;
    this.pending = '';
    return 'Stop';
  }
}

const LINE_FEED = 10;
const SPACE = 32;
const CLOSE_BRACE = 125;

function lineEnd(text: string, from: number): number {
  const index = text.indexOf('\n', from);
  return index === -1 ? text.length : index;
}
