import type { FinishReason } from '#libs/inference';

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'Stop',
  length: 'Length',
  tool_calls: 'ToolCalls',
  function_call: 'ToolCalls',
  content_filter: 'ContentFiltered',
};

export function unifiedReason(raw: string): FinishReason {
  return Object.hasOwn(reasons, raw) ? reasons[raw]! : 'Other';
}

/** Clients know these words alone; an unknown reason is an end like any other. */
export const openAIReasons: Readonly<Record<FinishReason, string>> = {
  Stop: 'stop',
  Length: 'length',
  ToolCalls: 'tool_calls',
  ContentFiltered: 'content_filter',
  Other: 'stop',
};
