import type { Usage } from '#libs/inference';

/**
 * Reads an upstream's body and leaves what it finds in its sink. One kind for streams and plain answers: a plain one is a
 * stream that brings all at its end. However the body is split, the results are the same.
 */
export interface AnswerReader {
  /** What is passed on is of this type. */
  readonly contentType: string;
  /** A view that is good until this returns. */
  push(chunk: Buffer): void;
  /** The upstream has ended its body: `finish` or `error` has been called when this returns. */
  end(): void;
  /**
   * The body breaks off, and not by the upstream's will. Without a `finish` before it or from it the answer is not whole;
   * that alone is no `error` of the answer's.
   */
  cut(): void;
  /** What the answer has cost so far by a rule of thumb, for an end without the upstream's counts. */
  estimate(): Usage;
}

/** How much of an answer is read. Sizes in bytes. */
export interface AnswerLimits {
  /** Of an answer that is not a stream. */
  readonly maxAnswerBytes: number;
  /** Of one event of a stream. */
  readonly maxEventBytes: number;
}
