import type { Usage } from '#libs/inference';

/** From the `usage` object of an answer or a chunk; undefined if it isn't one. Counts that are no numbers are unknown. */
export function usageOf(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  return {
    inputTokens: count(value['prompt_tokens']),
    cachedInputTokens: count(member(value['prompt_tokens_details'], 'cached_tokens')),
    outputTokens: count(value['completion_tokens']),
    reasoningTokens: count(member(value['completion_tokens_details'], 'reasoning_tokens')),
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
