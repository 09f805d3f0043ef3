import { StreamTap } from '#libs/dialects/openai';
import type { AnswerReader } from './answer-reader.js';
import type { Attempt } from './attempt.js';
import { noteUsage } from '../record/note-usage.js';

/** After `[DONE]` an upstream has this long to end its answer; the client has all of it already. */
const CLOSING_MS = 1_000;
const END_MARKER = 'data: [DONE]\n\n';

/**
 * A streamed answer on its way to the client. Until its first content everything is held back, so that another attempt
 * can take its place unseen; from then on whole events pass as they are. However it ends, the client is told the truth:
 * a clean end only after an end marker or a finish reason, an error event otherwise.
 *
 * All that one turn of the event loop brings is one text, one look and one write: an event each would cost half as much
 * again.
 */
export class StreamRelay implements AnswerReader {
  isBlocked = false;
  private readonly attempt: Attempt;
  private readonly tap: StreamTap;
  private unread = '';
  /** Events before the commit point. */
  private held = '';
  private isScheduled = false;
  private isOver = false;

  constructor(attempt: Attempt) {
    const { chat, runtime } = attempt.exchange;
    this.attempt = attempt;
    this.tap = new StreamTap({
      maxEventBytes: runtime.limits.maxEventBytes,
      dropsUsageChunk: chat?.includeUsage !== true,
      choices: chat?.choices ?? 1,
    });
  }

  onData(chunk: Buffer): boolean {
    // A copy: the chunk is a view into the whole of what was read from the socket.
    this.unread += chunk.toString('latin1');
    if (!this.isScheduled) {
      this.isScheduled = true;
      process.nextTick(this.read);
    }
    return !this.isBlocked;
  }

  onEnd(): void {
    this.read();
    if (this.isOver) return;
    this.pass(this.tap.end());
    if (this.stopIfBroken()) return;
    if (this.tap.isComplete) this.complete();
    else this.fail('the stream ended without its end marker');
  }

  /** Nothing more comes, and not by the upstream's will. An answer that had said it was done is whole all the same. */
  onCut(): void {
    this.read();
    if (!this.isOver && this.tap.done) this.complete();
  }

  onDrain(): boolean {
    this.isBlocked = false;
    return true;
  }

  private readonly read = (): void => {
    this.isScheduled = false;
    const text = this.unread;
    if (text === '' || this.isOver || this.attempt.isEnded) return;
    this.unread = '';
    const { tap } = this;
    this.pass(tap.push(text));
    if (this.stopIfBroken()) return;
    if (tap.done) this.attempt.expectEnd(CLOSING_MS);
  };

  private pass(events: string): void {
    const { attempt, tap } = this;
    const { exchange } = attempt;
    if (attempt.record.committedMs === 0) {
      this.held += events;
      if (!tap.committed) {
        if (this.held.length > exchange.runtime.limits.maxEventBytes) {
          this.isOver = true;
          attempt.fail('BodyTooLarge', 'the stream is long, but has no content');
        }
        return;
      }
      attempt.commit();
      events = this.held;
      this.held = '';
    }
    if (!exchange.write(events)) this.isBlocked = true;
  }

  private stopIfBroken(): boolean {
    const { attempt, tap } = this;
    switch (tap.broken) {
      case undefined:
        return this.isOver;
      case 'Error':
        this.isOver = true;
        attempt.reject({ status: attempt.record.status, headers: {}, body: tap.errorBody ?? '' });
        return true;
      case 'Malformed':
        this.fail('the stream holds an event that is not JSON');
        return true;
      case 'TooLarge':
        this.isOver = true;
        attempt.fail('BodyTooLarge', 'an event of the stream is too large');
        return true;
    }
  }

  private fail(detail: string): void {
    this.isOver = true;
    this.attempt.fail('IncompleteBody', detail);
  }

  private complete(): void {
    this.isOver = true;
    const { attempt, tap } = this;
    const { exchange } = attempt;
    if (attempt.record.committedMs === 0) {
      // An answer without any content is an answer, too.
      attempt.commit();
      exchange.write(this.held);
    }
    if (!tap.done) exchange.write(END_MARKER);
    exchange.record.finishReason = tap.finishReason ?? '';
    if (tap.usage !== undefined) noteUsage(exchange.record, tap.usage);
    attempt.succeed();
    exchange.endStream();
  }
}
