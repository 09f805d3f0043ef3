import { type LoadTarget } from './http-load.js';

const prompt = 'Explain how a signal box keeps two trains from meeting on one track. '.repeat(26);

export const endMarker = 'data: [DONE]\n\n';

/** A 2 KB chat request, as agents send them: a system prompt, some parameters, one user message. */
function chatBody(model: string, stream: boolean): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are terse.' },
      { role: 'user', content: prompt },
    ],
    temperature: 0.2,
    max_tokens: 256,
    stream,
  });
}

export function chatTarget(port: number, apiKey: string, model: string, stream: boolean): LoadTarget {
  const body = chatBody(model, stream);
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  return {
    port,
    request: Buffer.from(`${head}\r\n\r\n${body}`),
    bodyEnd: stream ? endMarker : '}',
  };
}

/** About 440 bytes, the size of a short answer. */
export const plainAnswer = JSON.stringify({
  id: 'chatcmpl-0123456789abcdef01234567',
  object: 'chat.completion',
  created: 1_760_000_000,
  model: 'upstream-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'A lever that is locked by another lever cannot be pulled. '.repeat(2) },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 412, completion_tokens: 26, total_tokens: 438 },
});

/** A role frame, 58 tokens, finish, usage where asked, end marker: 60 content-bearing events and the marker. */
export function streamAnswer(includeUsage: boolean): string[] {
  const frame = (choices: unknown[], usage?: object) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-0123456789abcdef01234567', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'upstream-model', choices, ...(usage ? { usage } : {}) })}\n\n`;
  const choice = (delta: object, finishReason: string | null = null) => ({
    index: 0,
    delta,
    finish_reason: finishReason,
  });
  return [
    frame([choice({ role: 'assistant', content: '' })]),
    ...Array.from({ length: 58 }, (_, index) => frame([choice({ content: `token${index} ` })])),
    frame([choice({}, 'stop')]),
    ...(includeUsage ? [frame([], { prompt_tokens: 412, completion_tokens: 58, total_tokens: 470 })] : []),
    endMarker,
  ];
}
