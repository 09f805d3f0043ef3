import type { Usage } from '#libs/inference';
import { isObject, member } from '../../json/members.js';

/** From the `usage` object of an answer or a chunk; undefined if it isn't one. Counts that are no whole numbers up to 2^53 are unknown. */
export function usageOf(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  return {
    inputTokens: count(value['prompt_tokens']),
    cachedInputTokens: count(member(value['prompt_tokens_details'], 'cached_tokens')),
    outputTokens: count(value['completion_tokens']),
    reasoningTokens: count(member(value['completion_tokens_details'], 'reasoning_tokens')),
  };
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The `usage` object of an answer to a client. Counts that nobody knows are 0: clients add them up. */
export function usageBody({ inputTokens = 0, outputTokens = 0, cachedInputTokens, reasoningTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: cachedInputTokens === undefined ? undefined : { cached_tokens: cachedInputTokens },
    completion_tokens_details: reasoningTokens === undefined ? undefined : { reasoning_tokens: reasoningTokens },
  };
}
