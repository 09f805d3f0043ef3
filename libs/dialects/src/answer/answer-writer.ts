import type { StreamPart } from '#libs/inference';

/** Makes a client's answer of parts: a stream's events, or the whole of a plain answer. */
export interface AnswerWriter {
  readonly contentType: string;
  /** The bytes that a part adds, seen as Latin-1; '' for none. A plain answer has none before its end. */
  part(part: StreamPart): string;
  /** What ends a whole answer: an end marker, or all of a plain answer. */
  end(): string;
}
