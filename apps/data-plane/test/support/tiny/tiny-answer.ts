import type { AnswerReader, AnswerSink, AnswerWriter, ClientRequest } from '#libs/dialects';
import type { StreamPart, Usage } from '#libs/inference';
import { tiny } from './tiny-request.js';

/**
 * Lines of an answer, plain or streamed:
 *
 *     TEXT hello
 *     USAGE 3 2
 *     END STOP
 */
export class TinyWriter implements AnswerWriter {
  readonly contentType = tinyType;
  private held = '';

  constructor(private readonly stream: boolean) {}

  part(part: StreamPart): string {
    const line = Buffer.from(this.line(part)).toString('latin1');
    if (this.stream) return line;
    this.held += line;
    return '';
  }

  end(): string {
    return this.held;
  }

  private line(part: StreamPart): string {
    switch (part.type) {
      case 'Text':
        return `TEXT ${part.text}\n`;
      case 'Usage':
        return `USAGE ${part.usage.inputTokens} ${part.usage.outputTokens}\n`;
      case 'Finish':
        return `END ${part.reason.toUpperCase()}\n`;
      default:
        return '';
    }
  }
}

export const tinyType = 'text/x-tiny; charset=utf-8';

/** Reads both forms: a plain answer is held until its end, by nobody but the relay. */
export class TinyReader implements AnswerReader {
  readonly contentType = tinyType;
  private pending = '';
  private lines = 0;
  private hasCommitted = false;
  private usage: Usage | undefined = undefined;
  private isOver = false;
  private readonly passes: boolean;

  constructor(
    private readonly request: ClientRequest,
    private readonly sink: AnswerSink,
  ) {
    this.passes = request.dialect === tiny;
    if (!this.passes) sink.part({ type: 'Start', id: 'tiny-1', model: '', created: 1 });
  }

  push(chunk: Buffer): void {
    this.pending += chunk.toString('latin1');
    for (let end = this.pending.indexOf('\n'); end !== -1 && !this.isOver; end = this.pending.indexOf('\n')) {
      const line = this.pending.slice(0, end);
      this.pending = this.pending.slice(end + 1);
      this.take(line);
    }
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.error({ kind: 'Failure', failure: 'IncompleteBody', detail: 'nobody said END' });
  }

  cut(): void {}

  estimate(): Usage {
    return { inputTokens: this.request.estimateInputTokens(), outputTokens: this.lines, estimated: true };
  }

  private take(line: string): void {
    const { sink } = this;
    const text = Buffer.from(line, 'latin1').toString();
    if (text.startsWith('ERROR ')) {
      this.isOver = true;
      sink.error({ kind: 'Error', headers: {}, body: JSON.stringify({ error: { message: text.slice(6) } }) });
      return;
    }
    if (text.startsWith('TEXT ')) {
      this.lines += 1;
      // A plain answer that breaks off can be asked for again, so nothing of it is committed before it is whole.
      if (this.request.stream) this.commit();
      if (!this.passes) sink.part({ type: 'Text', choice: 0, text: text.slice(5) });
    }
    const [, input, output] = /^USAGE (\d+) (\d+)$/.exec(text) ?? [];
    if (input !== undefined) {
      this.usage = { inputTokens: Number(input), outputTokens: Number(output) };
      sink.usage(this.usage);
    }
    if (this.passes) sink.pass(`${line}\n`);
    if (text.startsWith('END ')) this.finish(text.slice(4));
  }

  private commit(): void {
    if (!this.hasCommitted) this.sink.commit();
    this.hasCommitted = true;
  }

  private finish(reason: string): void {
    const { sink, usage } = this;
    this.isOver = true;
    this.commit();
    if (!this.passes) {
      sink.part({ type: 'Finish', choice: 0, reason: 'Stop', raw: reason });
      if (usage !== undefined) sink.part({ type: 'Usage', usage });
    }
    sink.finish(reason);
  }
}
