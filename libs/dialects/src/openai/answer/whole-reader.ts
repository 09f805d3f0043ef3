import type { Usage } from '#libs/inference';
import type { AnswerReader } from '../../answer/answer-reader.js';
import type { AnswerSink } from '../../answer/answer-sink.js';
import { maxErrorBytes } from '../../answer/failed-answer.js';
import { ChunkParts } from './chunk-parts.js';
import type { ReadOptions } from './read-options.js';
import { scanAnswer } from './scan-answer.js';

/** So many bytes of an answer are taken for a token, where nobody counted. */
const BYTES_PER_TOKEN = 4;
const jsonForStream = 'JSON came where an event stream was asked for, and it is not a whole chat completion';

/**
 * A plain answer: kept until it is whole, so that one cut off can be asked for again. For a client of the same dialect that
 * asked for one it passes byte for byte; else it is taken apart, as if it were the one chunk of a stream.
 */
export class WholeReader implements AnswerReader {
  readonly contentType: string;
  private readonly options: ReadOptions;
  private readonly sink: AnswerSink;
  private body = '';
  private isOver = false;

  constructor(options: ReadOptions, sink: AnswerSink, contentType: string) {
    this.options = options;
    this.sink = sink;
    this.contentType = contentType;
  }

  push(chunk: Buffer): void {
    if (this.isOver) return;
    const { maxAnswerBytes } = this.options.limits;
    if (this.body.length + chunk.length > maxAnswerBytes) {
      this.fail('BodyTooLarge', `the answer is longer than ${maxAnswerBytes} bytes`);
      return;
    }
    // A copy. Most answers come in one chunk, and their text is then never copied again.
    this.body += chunk.toString('latin1');
  }

  end(): void {
    if (this.isOver) return;
    const { sink, body } = this;
    const answer = scanAnswer(body);
    if (answer.kind === 'Error') {
      this.isOver = true;
      sink.error({ kind: 'Error', headers: {}, body: decoded(body.slice(0, maxErrorBytes)) });
      return;
    }
    if (answer.kind === 'Malformed') {
      this.fail(
        'IncompleteBody',
        this.options.request.stream ? jsonForStream : 'the answer is not a whole chat completion',
      );
      return;
    }
    if (answer.usage !== undefined) sink.usage(answer.usage);
    sink.commit();
    if (this.options.form === 'Bytes') sink.pass(body);
    else if (!this.takeApart(body)) return;
    this.isOver = true;
    sink.finish(answer.finishReason ?? '');
  }

  cut(): void {}

  estimate(): Usage {
    return {
      inputTokens: this.options.request.estimateInputTokens(),
      outputTokens: Math.ceil(this.body.length / BYTES_PER_TOKEN),
      estimated: true,
    };
  }

  private takeApart(body: string): boolean {
    const parts = new ChunkParts(this.sink);
    parts.take(JSON.parse(decoded(body)) as Readonly<Record<string, unknown>>);
    if (parts.fault !== undefined) {
      this.fail('Protocol', parts.fault);
      return false;
    }
    parts.end();
    return true;
  }

  private fail(failure: 'IncompleteBody' | 'BodyTooLarge' | 'Protocol', detail: string): void {
    this.isOver = true;
    this.sink.error({ kind: 'Failure', failure, detail });
  }
}

function decoded(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
