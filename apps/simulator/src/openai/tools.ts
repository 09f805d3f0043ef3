import { type ChatRequest, lastUserText, textOf } from './chat-request.js';

/** A function that the request offers. */
export interface Tool {
  readonly name: string;
  /** A JSON Schema; absent: no arguments. */
  readonly parameters: unknown;
}

export interface ToolPlan {
  /** In the order of their calls; a tool that is asked for twice is there twice. */
  readonly tools: readonly Tool[];
  /** The request names the one function: OpenAI's finish reason is `stop` then. */
  readonly isNamed: boolean;
}

const severalWords: readonly (readonly [pattern: RegExp, count: number])[] = [
  [/\b(two|both|twice)\b/i, 2],
  [/\b(three|several|multiple|many|parallel)\b/i, 3],
  [/\b(four)\b/i, 4],
];

/**
 * Which tools the answer calls; none: it is a text. Where the request leaves the choice, a question is answered with
 * calls and the results of calls with a text, so that every tool loop ends.
 *
 * Called are the tools whose name the last user message contains (`get_weather`, `get weather`), or else the first. A
 * message that asks for several (two, both, three, several, parallel ...) gets as many calls, unless the request says
 * `parallel_tool_calls: false`: then the first alone.
 */
export function toolPlan(request: ChatRequest): ToolPlan {
  const offered = offeredTools(request);
  const { tool_choice: choice } = request;
  if (typeof choice === 'object' && choice !== null) {
    return { tools: offered.filter(({ name }) => name === choice.function.name).slice(0, 1), isNamed: true };
  }
  const isOver = choice !== 'required' && request.messages.at(-1)?.role === 'tool';
  if (choice === 'none' || isOver || offered.length === 0) return { tools: [], isNamed: false };
  return { tools: wanted(offered, request), isNamed: false };
}

/** What the API itself would refuse; undefined: nothing. */
export function toolFault(request: ChatRequest): { readonly message: string; readonly param: string } | undefined {
  const names = offeredTools(request).map(({ name }) => name);
  const { tool_choice: choice } = request;
  if (choice === 'required' && names.length === 0) {
    return { message: "'tool_choice' is only allowed when 'tools' are specified.", param: 'tool_choice' };
  }
  if (typeof choice === 'object' && choice !== null && !names.includes(choice.function.name)) {
    return { message: `Tool choice '${choice.function.name}' not found in 'tools' parameter.`, param: 'tool_choice' };
  }
  const called = new Set<string>();
  for (const [index, message] of request.messages.entries()) {
    for (const { id } of message.tool_calls ?? []) called.add(id);
    if (message.role !== 'tool' || called.has(message.tool_call_id ?? '')) continue;
    const rule = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
    return { message: `Invalid parameter: ${rule}`, param: `messages.[${index}].role` };
  }
  return undefined;
}

/** The results that the conversation ends with, as the answer tells them; empty: it ends otherwise. */
export function toolResults({ messages }: ChatRequest): string {
  const names = new Map(
    messages.flatMap(({ tool_calls: calls }) => (calls ?? []).map(({ id, function: called }) => [id, called?.name])),
  );
  const start = messages.findLastIndex(({ role }) => role !== 'tool') + 1;
  return messages
    .slice(start)
    .map((message) => `${names.get(message.tool_call_id ?? '') ?? 'a tool'} said ${textOf(message)}`)
    .join('; ');
}

function offeredTools({ tools }: ChatRequest): Tool[] {
  return (tools ?? []).flatMap(({ function: offered }) =>
    offered === undefined ? [] : [{ name: offered.name, parameters: offered.parameters }],
  );
}

function wanted(offered: readonly Tool[], request: ChatRequest): readonly Tool[] {
  const asked = lastUserText(request);
  const lowered = asked.toLowerCase();
  const named = offered.filter(({ name }) =>
    [name, name.replaceAll(/[_-]/g, ' ')].some((spelling) => lowered.includes(spelling.toLowerCase())),
  );
  const chosen = named.length > 0 ? named : offered.slice(0, 1);
  if (request.parallel_tool_calls === false) return chosen.slice(0, 1);
  const count = severalWords.find(([pattern]) => pattern.test(asked))?.[1] ?? chosen.length;
  return Array.from({ length: Math.max(count, chosen.length) }, (_, index) => chosen[index % chosen.length] as Tool);
}
