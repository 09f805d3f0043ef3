import { instanceOf } from '../json-schema/instance.js';
import { seeded } from '../seeded.js';
import { type ChatRequest, lastUserText } from './chat-request.js';
import { toolPlan, toolResults } from './tools.js';

const filler = 'signals travel along the line and every box passes them on in order'.split(' ');

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Concatenated they are the arguments' JSON. */
  readonly argumentTokens: readonly string[];
}

/** One of the `n` answers to a request: a text or calls of tools. */
export interface Choice {
  /** Concatenated they are the text. */
  readonly tokens: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
}

export interface ChoiceOptions {
  readonly provider: string;
  readonly request: ChatRequest;
  /** Hex digits that all that is drawn comes from. */
  readonly digest: string;
  /** From 0; the first is the same whatever `n` is. */
  readonly index: number;
  /** Length of a text in tokens; absent: as it comes out. */
  readonly answerTokens: number | undefined;
}

export function choiceFor(options: ChoiceOptions): Choice {
  const { request } = options;
  const plan = toolPlan(request);
  if (plan.tools.length > 0) {
    const random = randomFor(options);
    const toolCalls = plan.tools.map(({ name, parameters }, call) => ({
      id: `call_${options.digest.slice(0, 16)}${options.index.toString(16)}${call.toString(16).padStart(3, '0')}`,
      name,
      argumentTokens: jsonTokens(parameters ?? { type: 'object' }, request, random),
    }));
    return cutCalls(toolCalls, tokenLimit(request), plan.isNamed ? 'stop' : 'tool_calls');
  }
  const words = wordsFor(options);
  const kept = beforeStop(words, request);
  const tokens = kept.slice(0, tokenLimit(request));
  return { tokens, toolCalls: [], finishReason: tokens.length < kept.length ? 'length' : 'stop' };
}

/** What a choice counts as: OpenAI counts a call's name, too. */
export function tokensOf({ tokens, toolCalls }: Choice): number {
  return toolCalls.reduce((sum, { argumentTokens }) => sum + 1 + argumentTokens.length, tokens.length);
}

function wordsFor(options: ChoiceOptions): string[] {
  const { provider, request, index, answerTokens } = options;
  const { response_format: format } = request;
  if (format?.type === 'json_schema') {
    return jsonTokens(format.json_schema?.schema ?? { type: 'object' }, request, randomFor(options));
  }
  const results = toolResults(request);
  const heard =
    results === '' ? `${provider} heard: ${lastUserText(request).slice(0, 400)}` : `${provider}: ${results}`;
  const text = index === 0 ? heard : `${heard} (choice ${index + 1})`;
  if (format?.type === 'json_object') return splitJson(JSON.stringify({ answer: text }));
  const words = text.split(/(?<= )/);
  if (answerTokens !== undefined) {
    words.length = Math.min(words.length, answerTokens);
    for (let at = words.length; at < answerTokens; at += 1) words.push(` ${filler[at % filler.length]}`);
  }
  return words;
}

function randomFor({ digest, index }: ChoiceOptions): () => number {
  return seeded(Number.parseInt(digest.slice(0, 8), 16) + index);
}

function jsonTokens(schema: unknown, request: ChatRequest, random: () => number): string[] {
  // Names and places of the question make plausible values.
  const names = lastUserText(request)
    .slice(0, 400)
    .match(/\p{Lu}[\p{L}\d]+/gu);
  return splitJson(JSON.stringify(instanceOf(schema, { random, words: names ?? filler })));
}

function splitJson(json: string): string[] {
  return json.split(/(?<=[,:{[ ])/);
}

function tokenLimit(request: ChatRequest): number {
  return request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
}

/** The text ends before the first of the `stop` sequences. */
function beforeStop(words: readonly string[], { stop }: ChatRequest): readonly string[] {
  const text = words.join('');
  const ends = [stop ?? []].flat().map((sequence) => (sequence === '' ? -1 : text.indexOf(sequence)));
  const end = Math.min(...ends.filter((at) => at !== -1), text.length);
  let length = 0;
  return words.flatMap((word) => {
    const kept = word.slice(0, Math.max(0, end - length));
    length += word.length;
    return kept === '' ? [] : [kept];
  });
}

/** Where the limit is met within a call, its arguments break off, and what would follow isn't called. */
function cutCalls(toolCalls: readonly ToolCall[], limit: number, finishReason: Choice['finishReason']): Choice {
  const kept: ToolCall[] = [];
  let left = limit;
  for (const call of toolCalls) {
    if (left < 1) return { tokens: [], toolCalls: kept, finishReason: 'length' };
    left -= 1;
    const argumentTokens = call.argumentTokens.slice(0, left);
    kept.push({ ...call, argumentTokens });
    left -= argumentTokens.length;
    if (argumentTokens.length < call.argumentTokens.length) {
      return { tokens: [], toolCalls: kept, finishReason: 'length' };
    }
  }
  return { tokens: [], toolCalls: kept, finishReason };
}
