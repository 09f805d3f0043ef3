/** Why a choice ended, in words that no provider owns. `Other`: a reason that has no word here; the raw one is beside it. */
export type FinishReason = 'Stop' | 'Length' | 'ToolCalls' | 'ContentFiltered' | 'Other';
