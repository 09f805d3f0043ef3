import type { Verdict } from '#libs/compiler';
import type { ApiObject } from '#libs/apimachinery';
import type { Entry, EntryName } from '#libs/routing-table';
import type { CredentialFact } from '../cache/secret-values.js';

/** Changes of what compile reads; never a Secret, never a value. */
export interface CompileChanges {
  /** By cache key; undefined: gone. */
  readonly objects: ReadonlyMap<string, ApiObject | undefined>;
  /** By credential id; undefined: gone. */
  readonly credentials: ReadonlyMap<string, CredentialFact | undefined>;
}

/** What changed since the last compile. */
export interface CompileRequest extends CompileChanges {
  readonly id: number;
  /** This is everything there is: forget what was there before. */
  readonly reset: boolean;
}

/** Changes that nobody has made: what would compile say of these objects (see `objectId`)? */
export interface PreviewRequest extends CompileChanges {
  readonly id: number;
  readonly preview: readonly string[];
}
export type ThreadRequest = CompileRequest | PreviewRequest;

export interface CompileResult {
  readonly version: string;
  /** Of the whole table (see `TableDigest`), so that nobody needs to hash it again. */
  readonly bucketDigests: Uint8Array;
  /** After a reset `upserts` is the whole table. */
  readonly reset: boolean;
  readonly upserts: readonly Entry[];
  readonly removals: readonly EntryName[];
  /** Objects whose conditions changed, by object id; undefined: gone. */
  readonly conditions: ReadonlyMap<string, readonly Verdict[] | undefined>;
}

/** In the order of the request; without verdicts: of a kind that isn't compiled. */
export type Preview = readonly (readonly Verdict[])[];

export type ThreadAnswer = { readonly id: number } & (
  { readonly result: CompileResult } | { readonly preview: Preview } | { readonly error: string }
);
