import type { Usage } from '#libs/inference';
import { isObject, member } from '../../json/members.js';
import { usageOf } from './usage.js';

/** What one chunk of a streamed answer tells. */
export interface ChunkFacts {
  /** The chunk is an error, or a choice ended with one. */
  readonly isError: boolean;
  /** Text, a tool call, reasoning or audio: something that the client can't be made to forget. */
  readonly hasContent: boolean;
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  /** The chunk that `include_usage` adds: no choices, only usage. */
  readonly isUsageOnly: boolean;
  readonly choices: readonly unknown[];
}

/** Reads a parsed chunk of any OpenAI-like upstream: every member may be missing or of another type. */
export function readChunk(chunk: Readonly<Record<string, unknown>>): ChunkFacts {
  const choices = Array.isArray(chunk['choices']) ? (chunk['choices'] as readonly unknown[]) : [];
  // Groq sends usage beside the choices under a name of its own (console.groq.com/docs/api-reference).
  const usage = usageOf(chunk['usage']) ?? usageOf(member(chunk['x_groq'], 'usage'));
  let finishReason: string | undefined;
  let hasContent = false;
  for (const choice of choices) {
    finishReason = finishReasonOf(choice) ?? finishReason;
    hasContent ||= deltaHasContent(member(choice, 'delta'));
  }
  return {
    isError: saysError(chunk['error']) || finishReason === 'error',
    hasContent,
    finishReason,
    usage,
    isUsageOnly: choices.length === 0 && usage !== undefined,
    choices,
  };
}

/** The place of a choice among several; without one it is the only one. */
export function indexOf(choice: unknown): number {
  const index = member(choice, 'index');
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : 0;
}

export function finishReasonOf(choice: unknown): string | undefined {
  const reason = member(choice, 'finish_reason');
  return typeof reason === 'string' && reason !== '' ? reason : undefined;
}

/** Members of a delta that carry something; `role`, nulls, empty strings and empty lists carry nothing. */
const contentMembers = [
  'content',
  'tool_calls',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'refusal',
  'function_call',
  'audio',
];

function deltaHasContent(delta: unknown): boolean {
  return isObject(delta) && contentMembers.some((name) => isSet(delta[name]));
}

/** The `error` of a chunk or of an answer: an object with all most upstreams, a text with some; a false or a 0 says that there is none. */
export function saysError(value: unknown): boolean {
  return isSet(value) && value !== false && value !== 0;
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}
