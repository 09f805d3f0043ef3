import { scanAnswer } from '#libs/dialects/openai';
import type { AnswerReader } from './answer-reader.js';
import type { Attempt } from './attempt.js';
import { noteUsage } from '../record/note-usage.js';

const EMPTY = Buffer.alloc(0);

/**
 * A plain answer: kept until it is whole, so that one cut off can be asked for again, and passed on byte for byte. A
 * chunk is the transport's only while it is handed over, so it is copied.
 */
export class WholeAnswer implements AnswerReader {
  private readonly attempt: Attempt;
  private readonly contentType: string;
  private first: Buffer | undefined = undefined;
  private rest: Buffer[] | undefined = undefined;
  private length = 0;

  constructor(attempt: Attempt, contentType: string) {
    this.attempt = attempt;
    this.contentType = contentType;
  }

  onData(chunk: Buffer): boolean {
    this.length += chunk.length;
    const { maxAnswerBytes } = this.attempt.exchange.runtime.limits;
    if (this.length > maxAnswerBytes) {
      this.attempt.fail('BodyTooLarge', `the answer is longer than ${maxAnswerBytes} bytes`);
      return true;
    }
    const copy = Buffer.from(chunk);
    if (this.first === undefined) this.first = copy;
    else (this.rest ??= [this.first]).push(copy);
    return true;
  }

  onEnd(): void {
    const { attempt, contentType } = this;
    const { exchange, record } = attempt;
    const body = this.rest === undefined ? (this.first ?? EMPTY) : Buffer.concat(this.rest, this.length);
    // Also what the client gets: node:http sends a head and a string in one piece, a head and a Buffer in two.
    const text = body.toString('latin1');
    const answer = scanAnswer(text);
    if (answer.kind === 'Error') {
      attempt.reject({ status: record.status, headers: {}, body: body.toString('utf8', 0, MAX_ERROR_BYTES) });
      return;
    }
    if (answer.kind === 'Malformed') {
      attempt.fail('IncompleteBody', 'the answer is not a whole chat completion');
      return;
    }
    record.progress = 'Committed';
    record.committedMs = exchange.runtime.clock.nowMs();
    exchange.record.finishReason = answer.finishReason ?? '';
    if (answer.usage !== undefined) noteUsage(exchange.record, answer.usage);
    attempt.succeed();
    exchange.answer(record.status, contentType, text);
  }
}

/** Of an error body; more is of no use to classification. */
export const MAX_ERROR_BYTES = 64 * 1024;
