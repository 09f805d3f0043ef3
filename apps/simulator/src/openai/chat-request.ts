import { z } from 'zod';

const textPart = z.object({ type: z.string(), text: z.string().nullish() });

const toolCallSchema = z.object({
  id: z.string(),
  function: z.object({ name: z.string(), arguments: z.string() }).optional(),
});

const messageSchema = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(textPart), z.null()]).optional(),
  tool_calls: z.array(toolCallSchema).nullish(),
  tool_call_id: z.string().nullish(),
});
type Message = z.infer<typeof messageSchema>;

const functionSchema = z.object({ name: z.string().min(1), parameters: z.unknown().optional() });

/** What the simulated providers read of a chat completion request; everything else is accepted and ignored. */
export const chatRequestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(z.object({ type: z.string(), function: functionSchema.optional() })).nullish(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.object({ function: z.object({ name: z.string() }) })])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z
    .object({ type: z.string(), json_schema: z.object({ schema: z.unknown().optional() }).optional() })
    .nullish(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** The text of the last user message, which the answer repeats. */
export function lastUserText(request: ChatRequest): string {
  const message = request.messages.findLast((candidate) => candidate.role === 'user');
  return message === undefined ? '' : textOf(message);
}

export function textOf({ content }: Message): string {
  if (!content) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => part.text ?? '').join(' ');
}
