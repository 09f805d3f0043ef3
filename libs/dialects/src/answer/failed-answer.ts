import type { Usage } from '#libs/inference';
import { type AnswerHead, lowerCaseHeaders } from './answer-head.js';
import type { AnswerReader } from './answer-reader.js';
import type { AnswerSink } from './answer-sink.js';

/** Of an error body; more is of no use to classification. */
export const maxErrorBytes = 64 * 1024;

/**
 * An answer whose status is no success, in any dialect: its beginning is for classification. A body that breaks off or
 * has no end is as good as its beginning.
 */
export class FailedAnswerReader implements AnswerReader {
  readonly contentType = '';
  private body = '';
  private isOver = false;

  constructor(
    private readonly head: AnswerHead,
    private readonly sink: AnswerSink,
  ) {}

  push(chunk: Buffer): void {
    if (this.isOver) return;
    this.body += chunk.toString('latin1', 0, maxErrorBytes - this.body.length);
    if (this.body.length >= maxErrorBytes) this.end();
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    const body = Buffer.from(this.body, 'latin1').toString('utf8');
    this.sink.error({ kind: 'Error', headers: lowerCaseHeaders(this.head.headers), body });
  }

  cut(): void {
    this.end();
  }

  /** Failed answers are free everywhere. */
  estimate(): Usage {
    return {};
  }
}
