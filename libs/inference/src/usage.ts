/** Token counts of one answer. Totals include their shares; an absent count is unknown, not zero. */
export interface Usage {
  /** All input tokens, cached and cache-written ones included. */
  readonly inputTokens?: number;
  /** Input tokens read from the provider's cache. */
  readonly cachedInputTokens?: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens?: number;
  readonly reasoningTokens?: number;
  /** True where the count is ours because the upstream told none, and so an estimate. */
  readonly estimated?: boolean;
}
