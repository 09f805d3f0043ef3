import type { StreamPart, TransportFailure, Usage } from '#libs/inference';

/**
 * Where a reader leaves what it finds in an answer. The sink holds back what it was given until `commit`, and knows no
 * dialect. After `finish` or `error` nothing more comes.
 */
export interface AnswerSink {
  /** Bytes for a client of the same dialect, seen as Latin-1: whole events, or a whole answer. */
  pass(text: string): void;
  /** All of the chunk passes as it came, and nothing before it waits to be passed: what it came in may pass with it. */
  passAll(chunk: Buffer): void;
  /** A piece of the answer for a client of another dialect or of another form. */
  part(part: StreamPart): void;
  /** What is passed next is the first content: from there on the client notices a second attempt. Once. */
  commit(): void;
  /** The upstream's own counts. The last ones count. */
  usage(usage: Usage): void;
  /** The answer is whole; the upstream's end may still be to come. `reason`: the provider's word; '' for none. */
  finish(reason: string): void;
  /** The answer can't be used, or not any further. */
  error(error: AnswerError): void;
}

export type AnswerError = UpstreamError | UnusableAnswer;

/** The upstream said that it failed; for classification. */
export interface UpstreamError {
  readonly kind: 'Error';
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A bounded beginning, decoded. */
  readonly body: string;
}

/** The answer is none, or breaks its own rules. */
export interface UnusableAnswer {
  readonly kind: 'Failure';
  readonly failure: Extract<TransportFailure, 'IncompleteBody' | 'BodyTooLarge' | 'Protocol'>;
  /** One line for people. */
  readonly detail: string;
}
