import type { BackendEntry, KeyPoolEntry } from '#libs/routing-table';
import type { PassedOver } from './passed-over.js';

/** A backend reference, resolved in one table. */
export interface Candidate {
  /** Key of the Backend entry. */
  readonly backend: string;
  readonly entry: BackendEntry;
  readonly pool: KeyPoolEntry;
  readonly weight: number;
  readonly priority: number;
}

/** Candidates of one priority; not empty. */
export interface Tier {
  readonly priority: number;
  readonly candidates: readonly Candidate[];
  readonly totalWeight: number;
}

/** References in order of priority. */
export interface Tiers {
  /** By rising priority. Without drained candidates (weight 0) and references that the table can't resolve. */
  readonly list: readonly Tier[];
  /** Those, each with its reason. */
  readonly unusable: readonly PassedOver[];
}
