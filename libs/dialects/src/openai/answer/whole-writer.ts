import type { FinishReason, StreamPart, Usage } from '#libs/inference';
import type { AnswerWriter } from '../../answer/answer-writer.js';
import { openAIReasons } from './finish-reasons.js';
import { usageBody } from './usage.js';

interface FoldedCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; arguments: string };
}

interface FoldedChoice {
  content: string;
  refusal: string;
  reasoning: string;
  readonly calls: FoldedCall[];
  reason: FinishReason;
}

/** Folds parts into a plain answer. */
export class WholeWriter implements AnswerWriter {
  readonly contentType = 'application/json';
  private head: object = {};
  private usage: Usage | undefined = undefined;
  private readonly choices = new Map<number, FoldedChoice>();

  constructor(private readonly model: string) {}

  part(part: StreamPart): string {
    this.fold(part);
    return '';
  }

  end(): string {
    const choices = [...this.choices].sort(([a], [b]) => a - b).map(([index, choice]) => choiceBody(index, choice));
    const usage = this.usage === undefined ? undefined : usageBody(this.usage);
    return Buffer.from(JSON.stringify({ ...this.head, choices, usage })).toString('latin1');
  }

  private fold(part: StreamPart): void {
    switch (part.type) {
      case 'Start':
        this.head = {
          id: part.id,
          object: 'chat.completion',
          created: part.created,
          model: part.model === '' ? this.model : part.model,
        };
        return;
      case 'Text':
        this.of(part.choice).content += part.text;
        return;
      case 'Refusal':
        this.of(part.choice).refusal += part.text;
        return;
      case 'Reasoning':
        this.of(part.choice).reasoning += part.text;
        return;
      case 'ToolCallStart':
        this.of(part.choice).calls.push({
          id: part.id,
          type: 'function',
          function: { name: part.name, arguments: '' },
        });
        return;
      case 'ToolCallDelta': {
        const call = this.of(part.choice).calls[part.call];
        if (call !== undefined) call.function.arguments += part.arguments;
        return;
      }
      case 'ToolCallEnd':
        return;
      case 'Finish':
        this.of(part.choice).reason = part.reason;
        return;
      case 'Usage':
        this.usage = part.usage;
    }
  }

  private of(index: number): FoldedChoice {
    let choice = this.choices.get(index);
    if (choice === undefined) {
      choice = { content: '', refusal: '', reasoning: '', calls: [], reason: 'Other' };
      this.choices.set(index, choice);
    }
    return choice;
  }
}

function choiceBody(index: number, { content, refusal, reasoning, calls, reason }: FoldedChoice): object {
  return {
    index,
    message: {
      role: 'assistant',
      content: content === '' && (calls.length > 0 || refusal !== '') ? null : content,
      refusal: refusal === '' ? null : refusal,
      reasoning_content: reasoning === '' ? undefined : reasoning,
      tool_calls: calls.length === 0 ? undefined : calls,
    },
    finish_reason: openAIReasons[reason],
  };
}
