import type { Usage } from '#libs/inference';
import type { RequestRecord } from './request-record.js';

export function noteUsage(record: RequestRecord, usage: Usage): void {
  record.inputTokens = usage.inputTokens ?? -1;
  record.cachedInputTokens = usage.cachedInputTokens ?? -1;
  record.outputTokens = usage.outputTokens ?? -1;
  record.reasoningTokens = usage.reasoningTokens ?? -1;
}
