import type { PassedOverReason } from '../passed-over.js';

/** Why a credential rests. `Unresolved`: it has no value here. */
export type RestCause = 'RateLimited' | 'QuotaExhausted' | 'Auth' | 'Unresolved';

export type KeyObstacle = Extract<
  PassedOverReason,
  'KeysSaturated' | 'KeysCooling' | 'KeysExhausted' | 'KeysRefused' | 'NoCredential' | 'NoKeyForModel'
>;

/** What is back first is named first. */
const byCause = [
  ['RateLimited', 'KeysCooling'],
  ['QuotaExhausted', 'KeysExhausted'],
  ['Auth', 'KeysRefused'],
  ['Unresolved', 'NoCredential'],
] as const satisfies readonly (readonly [RestCause, KeyObstacle])[];

/** How many keys of an index rest, by cause, so that a pool of 10,000 says at once what it lacks. */
export class RestCounts {
  private readonly counts: Record<RestCause, number> = { RateLimited: 0, QuotaExhausted: 0, Auth: 0, Unresolved: 0 };

  add(cause: RestCause, change: 1 | -1): void {
    this.counts[cause] += change;
  }

  get obstacle(): KeyObstacle {
    for (const [cause, obstacle] of byCause) if (this.counts[cause] > 0) return obstacle;
    return 'NoKeyForModel';
  }
}
