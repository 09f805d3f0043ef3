import type { StreamPart } from '#libs/inference';
import type { AnswerWriter } from '../../answer/answer-writer.js';
import { eventStreamType, streamEnd } from './event-stream.js';
import { openAIReasons } from './finish-reasons.js';
import { usageBody } from './usage.js';

/** Writes parts as chunks of a streamed answer. SDKs want the role in a choice's first delta, and a reason in its last. */
export class StreamWriter implements AnswerWriter {
  readonly contentType = eventStreamType;
  /** What all chunks begin with. */
  private head: object = {};
  private readonly begun = new Set<number>();

  constructor(
    private readonly model: string,
    private readonly includeUsage: boolean,
  ) {}

  part(part: StreamPart): string {
    switch (part.type) {
      case 'Start':
        this.head = {
          id: part.id,
          object: 'chat.completion.chunk',
          created: part.created,
          model: part.model === '' ? this.model : part.model,
        };
        return '';
      case 'Text':
        return this.delta(part.choice, { content: part.text });
      case 'Refusal':
        return this.delta(part.choice, { refusal: part.text });
      case 'Reasoning':
        return this.delta(part.choice, { reasoning_content: part.text });
      case 'ToolCallStart': {
        const { call, id, name } = part;
        const started = { index: call, id, type: 'function', function: { name, arguments: '' } };
        return this.delta(part.choice, { tool_calls: [started] });
      }
      case 'ToolCallDelta':
        return this.delta(part.choice, {
          tool_calls: [{ index: part.call, function: { arguments: part.arguments } }],
        });
      case 'ToolCallEnd':
        return '';
      case 'Finish':
        return this.delta(part.choice, {}, openAIReasons[part.reason]);
      case 'Usage':
        return this.includeUsage ? this.chunk([], { usage: usageBody(part.usage) }) : '';
    }
  }

  end(): string {
    return streamEnd;
  }

  private delta(choice: number, delta: object, finishReason: string | null = null): string {
    const isFirst = !this.begun.has(choice);
    this.begun.add(choice);
    const whole = isFirst ? { role: 'assistant', ...delta } : delta;
    return this.chunk([{ index: choice, delta: whole, finish_reason: finishReason }]);
  }

  private chunk(choices: readonly object[], more: object = {}): string {
    return Buffer.from(`data: ${JSON.stringify({ ...this.head, choices, ...more })}\n\n`).toString('latin1');
  }
}
