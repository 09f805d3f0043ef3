import type { Verdict } from '#libs/compiler';
import type { ApiObject } from '#libs/resources';
import type { Entry, EntryName } from '#libs/routing-table';
import type { CredentialFact } from './secret-values.js';

/** What changed since the last compile; never a Secret, never a value. */
export interface CompileRequest {
  readonly id: number;
  /** This is everything there is: forget what was there before. */
  readonly reset: boolean;
  /** By cache key; undefined: gone. */
  readonly objects: ReadonlyMap<string, ApiObject | undefined>;
  /** By credential id; undefined: gone. */
  readonly credentials: ReadonlyMap<string, CredentialFact | undefined>;
}

export interface CompileResult {
  readonly version: string;
  /** After a reset `upserts` is the whole table. */
  readonly reset: boolean;
  readonly upserts: readonly Entry[];
  readonly removals: readonly EntryName[];
  /** Objects whose conditions changed, by object id; undefined: gone. */
  readonly conditions: ReadonlyMap<string, readonly Verdict[] | undefined>;
}

export type CompileAnswer =
  { readonly id: number; readonly result: CompileResult } | { readonly id: number; readonly error: string };
