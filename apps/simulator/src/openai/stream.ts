import type { Answer } from './answer.js';
import type { Choice } from './choices.js';

const endMarker = 'data: [DONE]\n\n';

/**
 * The stream's frames: of each choice its role, one a token, and its finish reason; then usage if asked for, and the end
 * marker. A choice that calls tools has for each call a frame with id and name, then its arguments, one a token.
 */
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
  const frames = answer.choices.flatMap((choice, index) => {
    const part = (delta: unknown, finishReason: string | null) =>
      frame([{ index, delta, logprobs: null, finish_reason: finishReason }]);
    return [...deltasOf(choice).map((delta) => part(delta, null)), part({}, choice.finishReason)];
  });
  if (includeUsage) frames.push(frame([], answer.usage));
  frames.push(endMarker);
  return frames;
}

function deltasOf({ tokens, toolCalls }: Choice): object[] {
  if (toolCalls.length === 0) {
    return [{ role: 'assistant', content: '' }, ...tokens.map((content) => ({ content }))];
  }
  return [
    { role: 'assistant', content: null },
    ...toolCalls.flatMap(({ id, name, argumentTokens }, index) => [
      { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
      ...argumentTokens.map((token) => ({ tool_calls: [{ index, function: { arguments: token } }] })),
    ]),
  ];
}
