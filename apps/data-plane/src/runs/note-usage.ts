import type { Usage } from '#libs/inference';
import type { RequestRecord } from '../record/request-record.js';

/** What all attempts together have cost: a cancelled one may have been paid for, too. A count that none gave is unknown. */
export function noteTotalUsage(record: RequestRecord): void {
  for (const { usage } of record.attempts) if (usage !== undefined) add(record, usage);
}

function add(record: RequestRecord, usage: Usage): void {
  record.inputTokens = sum(record.inputTokens, usage.inputTokens);
  record.cachedInputTokens = sum(record.cachedInputTokens, usage.cachedInputTokens);
  record.outputTokens = sum(record.outputTokens, usage.outputTokens);
  record.reasoningTokens = sum(record.reasoningTokens, usage.reasoningTokens);
  record.usageEstimated ||= usage.estimated === true;
}

/** -1: unknown so far. */
function sum(total: number, count: number | undefined): number {
  if (count === undefined) return total;
  return total === -1 ? count : total + count;
}
