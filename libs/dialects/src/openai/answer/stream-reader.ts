import type { Usage } from '#libs/inference';
import type { AnswerReader } from '../../answer/answer-reader.js';
import type { AnswerSink } from '../../answer/answer-sink.js';
import type { ClientRequest } from '../../request/client-request.js';
import { ChunkParts } from './chunk-parts.js';
import { eventStreamType, streamEnd } from './event-stream.js';
import type { ReadOptions } from './read-options.js';
import { StreamTap } from './stream-tap.js';

/**
 * A streamed answer. For a client of the same dialect events pass as they are; else each chunk is taken apart. Where a plain
 * answer was asked for it is folded, so nothing is committed before it is whole, and it may be no longer than one.
 */
export class StreamReader implements AnswerReader {
  readonly contentType = eventStreamType;
  private readonly sink: AnswerSink;
  private readonly tap: StreamTap;
  private readonly request: ClientRequest;
  private readonly isFolded: boolean;
  /** Bytes of one that is folded. */
  private length = 0;
  private readonly maxFoldedBytes: number;
  private readonly parts: ChunkParts | undefined;
  private hasCommitted = false;
  private lastUsage: Usage | undefined = undefined;
  private isOver = false;

  constructor(options: ReadOptions, sink: AnswerSink) {
    const parts = options.form === 'Parts' ? new ChunkParts(sink) : undefined;
    this.sink = sink;
    this.parts = parts;
    this.request = options.request;
    this.isFolded = !options.request.stream;
    this.maxFoldedBytes = options.limits.maxAnswerBytes;
    this.tap = new StreamTap({
      maxEventBytes: options.limits.maxEventBytes,
      dropsUsageChunk: options.dropsUsageChunk,
      choices: options.choices,
      onChunk: parts === undefined ? undefined : (chunk, facts) => this.takeApart(parts, chunk, facts.hasContent),
    });
  }

  push(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.isFolded) this.length += chunk.length;
    if (this.length > this.maxFoldedBytes) this.fail('BodyTooLarge', 'the stream is longer than a plain answer may be');
    else if (this.tap.passes(chunk)) this.sink.passAll(chunk);
    else this.hear(this.tap.push(chunk.toString('latin1')));
  }

  end(): void {
    if (this.isOver) return;
    this.hear(this.tap.end());
    if (this.isOver) return;
    if (!this.tap.isComplete) {
      this.fail('IncompleteBody', 'the stream ended without its end marker');
      return;
    }
    if (this.parts === undefined) this.sink.pass(streamEnd);
    this.finish();
  }

  /** Only the end marker says that a stream was whole before it broke off. */
  cut(): void {}

  estimate(): Usage {
    if (this.lastUsage !== undefined) return this.lastUsage;
    return { inputTokens: this.request.estimateInputTokens(), outputTokens: this.tap.deltas, estimated: true };
  }

  private takeApart(parts: ChunkParts, chunk: Readonly<Record<string, unknown>>, hasContent: boolean): void {
    if (hasContent) this.commit();
    parts.take(chunk);
  }

  /** What a push has found. `events`: what passes. */
  private hear(events: string): void {
    const { tap, sink } = this;
    if (tap.committed) this.commit();
    if (events !== '') sink.pass(events);
    if (tap.usage !== undefined && tap.usage !== this.lastUsage) {
      this.lastUsage = tap.usage;
      sink.usage(tap.usage);
    }
    if (tap.broken !== undefined) this.stop(tap.broken);
    else if (this.parts?.fault !== undefined) this.fail('Protocol', this.parts.fault);
    else if (tap.done) this.finish();
  }

  private commit(): void {
    if (this.hasCommitted || this.isFolded) return;
    this.hasCommitted = true;
    this.sink.commit();
  }

  private stop(reason: 'Error' | 'Malformed' | 'TooLarge'): void {
    switch (reason) {
      case 'Error':
        this.isOver = true;
        this.sink.error({ kind: 'Error', headers: {}, body: this.tap.errorBody ?? '' });
        return;
      case 'Malformed':
        return this.fail('IncompleteBody', 'the stream holds an event that is not JSON');
      case 'TooLarge':
        return this.fail('BodyTooLarge', 'an event of the stream is too large');
    }
  }

  private fail(failure: 'IncompleteBody' | 'BodyTooLarge' | 'Protocol', detail: string): void {
    this.isOver = true;
    this.sink.error({ kind: 'Failure', failure, detail });
  }

  private finish(): void {
    this.isOver = true;
    if (this.isFolded) this.sink.commit();
    this.parts?.end();
    this.sink.finish(this.tap.finishReason ?? '');
  }
}
