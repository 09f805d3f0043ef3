/** What a reader made of an answer: equal for two readers that understood the same. */
export interface ObservedAnswer {
  /** `Cut`: the connection ended before the answer did. */
  verdict: 'Whole' | 'Cut' | 'Refused';
  /** Ours: the fault; Node's: its error code. */
  reason: string;
  /** 0: no head came. */
  status: number;
  /** `name: value` lines. */
  headers: string;
  body: string;
  keepsAlive: boolean;
}

export function nothingYet(): ObservedAnswer {
  return { verdict: 'Cut', reason: '', status: 0, headers: '', body: '', keepsAlive: false };
}
