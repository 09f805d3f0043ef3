import type { AnswerReader } from './answer-reader.js';
import type { Attempt } from './attempt.js';
import { lowerCaseHeaders } from './raw-headers.js';
import { MAX_ERROR_BYTES } from './whole-answer.js';

/**
 * An answer that is no success: its beginning is read for classification, then the call is over. A body that breaks off,
 * stalls or has no end is as good as its beginning.
 */
export class FailedAnswer implements AnswerReader {
  private readonly attempt: Attempt;
  private readonly status: number;
  private readonly headers: readonly Buffer[];
  private body = '';

  constructor(attempt: Attempt, status: number, headers: readonly Buffer[]) {
    this.attempt = attempt;
    this.status = status;
    this.headers = headers;
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1', 0, MAX_ERROR_BYTES - this.body.length);
    if (this.body.length >= MAX_ERROR_BYTES) this.onEnd();
    return true;
  }

  onEnd(): void {
    this.attempt.reject({
      status: this.status,
      headers: lowerCaseHeaders(this.headers),
      body: Buffer.from(this.body, 'latin1').toString('utf8'),
    });
  }

  onCut(): void {
    this.onEnd();
  }
}
