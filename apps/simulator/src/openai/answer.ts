import { createHash } from 'node:crypto';
import type { ChatRequest } from './chat-request.js';
import { type Choice, choiceFor, tokensOf } from './choices.js';

/** A whole answer, decided before its first byte is sent: plain and streamed forms say the same. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly choices: readonly Choice[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

/** The same provider, request and length give the same answer (but for `created`), on any machine. */
export function answerTo(provider: string, request: ChatRequest, nowMs: number, answerTokens?: number): Answer {
  const digest = createHash('sha256')
    .update(`${provider}\n${JSON.stringify(request)}`)
    .digest('hex');
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) =>
    choiceFor({ provider, request, digest, index, answerTokens }),
  );
  const promptTokens = countTokens(request);
  const completionTokens = choices.reduce((sum, choice) => sum + tokensOf(choice), 0);
  return {
    id: `chatcmpl-${digest.slice(0, 24)}`,
    model: request.model,
    created: Math.floor(nowMs / 1_000),
    choices,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

/** About four characters a token, the usual rule of thumb; tools are read, too. */
function countTokens({ messages, tools }: ChatRequest): number {
  const length = JSON.stringify(messages).length + (tools ? JSON.stringify(tools).length : 0);
  return Math.max(1, Math.ceil(length / 4));
}

export function plainBody(answer: Answer): string {
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: answer.choices.map((choice, index) => ({
      index,
      message: messageOf(choice),
      logprobs: null,
      finish_reason: choice.finishReason,
    })),
    usage: answer.usage,
    system_fingerprint: 'fp_simulated',
  });
}

function messageOf({ tokens, toolCalls }: Choice): object {
  if (toolCalls.length === 0) return { role: 'assistant', content: tokens.join(''), refusal: null };
  return {
    role: 'assistant',
    content: null,
    tool_calls: toolCalls.map(({ id, name, argumentTokens }) => ({
      id,
      type: 'function',
      function: { name, arguments: argumentTokens.join('') },
    })),
    refusal: null,
  };
}
