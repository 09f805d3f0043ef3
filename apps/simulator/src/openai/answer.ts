import { createHash } from 'node:crypto';
import { type ChatRequest, lastUserText } from './chat-request.js';

const filler = 'signals travel along the line and every box passes them on in order'.split(' ');

/** A whole answer, decided before its first byte is sent: plain and streamed forms tell the same. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  /** Epoch seconds. */
  readonly created: number;
  /** Concatenated they are the text. */
  readonly tokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

/** The same provider, request and length give the same answer (but for `created`), on any machine. */
export function answerTo(provider: string, request: ChatRequest, nowMs: number, answerTokens?: number): Answer {
  const asked = lastUserText(request);
  const words = `${provider} heard: ${asked.slice(0, 400)}`.split(/(?<= )/);
  if (answerTokens !== undefined) {
    words.length = Math.min(words.length, answerTokens);
    for (let index = words.length; index < answerTokens; index += 1) words.push(` ${filler[index % filler.length]}`);
  }
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const tokens = words.slice(0, limit);
  const promptTokens = countTokens(request);
  return {
    id: `chatcmpl-${createHash('sha256')
      .update(`${provider}\n${JSON.stringify(request)}`)
      .digest('hex')
      .slice(0, 24)}`,
    model: request.model,
    created: Math.floor(nowMs / 1_000),
    tokens,
    finishReason: tokens.length < words.length ? 'length' : 'stop',
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens.length,
      total_tokens: promptTokens + tokens.length,
    },
  };
}

/** About four characters a token, the usual rule of thumb. */
export function countTokens(request: ChatRequest): number {
  return Math.max(1, Math.ceil(JSON.stringify(request.messages).length / 4));
}

export function plainBody(answer: Answer): string {
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.tokens.join(''), refusal: null },
        logprobs: null,
        finish_reason: answer.finishReason,
      },
    ],
    usage: answer.usage,
    system_fingerprint: 'fp_simulated',
  });
}

export const endMarker = 'data: [DONE]\n\n';

/** The stream's frames: role, one a token, finish reason, usage if asked for, end marker. */
export function streamFrames(answer: Answer, includeUsage: boolean): string[] {
  const frame = (choices: unknown[], usage?: unknown) =>
    `data: ${JSON.stringify({
      id: answer.id,
      object: 'chat.completion.chunk',
      created: answer.created,
      model: answer.model,
      system_fingerprint: 'fp_simulated',
      choices,
      ...(includeUsage ? { usage: usage ?? null } : {}),
    })}\n\n`;
  const choice = (delta: unknown, finishReason: string | null) => ({
    index: 0,
    delta,
    logprobs: null,
    finish_reason: finishReason,
  });
  return [
    frame([choice({ role: 'assistant', content: '' }, null)]),
    ...answer.tokens.map((token) => frame([choice({ content: token }, null)])),
    frame([choice({}, answer.finishReason)]),
    ...(includeUsage ? [frame([], answer.usage)] : []),
    endMarker,
  ];
}
