import type { StreamPart, Usage } from '#libs/inference';
import type { AnswerReader } from '../answer/answer-reader.js';
import type { AnswerError, AnswerSink } from '../answer/answer-sink.js';

/** What a reader has left, in the order in which it came; and whether it kept to the rules of a sink. */
export class RecordingSink implements AnswerSink {
  /** Everything that passed, as bytes. */
  passed = '';
  /** Of it, before the commit point. */
  beforeCommit = '';
  /** Chunks that passed as they came. */
  untouched = 0;
  commits = 0;
  readonly parts: StreamPart[] = [];
  lastUsage: Usage | undefined = undefined;
  finished: string | undefined = undefined;
  failed: AnswerError | undefined = undefined;

  pass(text: string): void {
    this.open();
    if (text === '') throw new Error('nothing was passed');
    this.passed += text;
    if (this.commits === 0) this.beforeCommit += text;
  }

  passAll(chunk: Buffer): void {
    this.untouched += 1;
    this.pass(chunk.toString('latin1'));
  }

  part(part: StreamPart): void {
    this.open();
    this.parts.push(part);
  }

  commit(): void {
    this.open();
    this.commits += 1;
  }

  usage(usage: Usage): void {
    this.open();
    this.lastUsage = usage;
  }

  finish(reason: string): void {
    this.open();
    this.finished = reason;
  }

  error(error: AnswerError): void {
    this.open();
    this.failed = error;
  }

  private open(): void {
    if (this.finished !== undefined || this.failed !== undefined) throw new Error('the answer was over');
  }
}

/** Pushes bytes cut at the given places, each piece into the same buffer, as a socket's reader does. */
export function pushAll(reader: AnswerReader, bytes: Buffer, cuts: readonly number[] = []): void {
  const shared = Buffer.alloc(bytes.length);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    const piece = shared.subarray(0, end - from);
    bytes.copy(piece, 0, from, end);
    if (piece.length > 0) reader.push(piece);
    piece.fill(0);
    from = end;
  }
}
