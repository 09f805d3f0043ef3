import type { StreamPart, Usage } from '#libs/inference';
import type { AnswerReader } from '../../answer/answer-reader.js';
import type { AnswerSink } from '../../answer/answer-sink.js';
import { maxErrorBytes } from '../../answer/failed-answer.js';
import { ChunkParts } from './chunk-parts.js';
import { decoded, parseObject } from './json-text.js';
import type { ReadOptions } from './read-options.js';
import { scanAnswer } from './scan-answer.js';

/** So many bytes of an answer are taken for a token, where nobody counted. */
const BYTES_PER_TOKEN = 4;
const nothing: readonly StreamPart[] = [];
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
    const parts = this.options.form === 'Bytes' ? nothing : this.takeApart(body);
    if (parts === undefined) return;
    sink.commit();
    if (this.options.form === 'Bytes') sink.pass(body);
    for (const part of parts) sink.part(part);
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

  /** All of it or nothing: until all could be taken apart, another attempt may take its place. */
  private takeApart(body: string): readonly StreamPart[] | undefined {
    const answer = parseObject(decoded(body));
    // The scan looks at the end of an answer, and not at all of it.
    if (answer === undefined) return this.fail('Protocol', 'the answer is not valid JSON');
    const found: StreamPart[] = [];
    const parts = new ChunkParts({ part: (part) => found.push(part) });
    parts.take(answer);
    if (parts.fault !== undefined) return this.fail('Protocol', parts.fault);
    parts.end();
    return found;
  }

  private fail(failure: 'IncompleteBody' | 'BodyTooLarge' | 'Protocol', detail: string): undefined {
    this.isOver = true;
    this.sink.error({ kind: 'Failure', failure, detail });
  }
}
