import type { ApiObject } from '#libs/apimachinery';
import type { Entry, EntryName } from '#libs/routing-table';
import type { CredentialFact } from '../concerns/credential-facts.js';
import type { Verdict } from '../conditions/verdict.js';

/** Changes of what compile reads; never a Secret, never a value. */
export interface CompileChanges {
  /** By a key of the caller's, one for each object; undefined: gone. They must not be changed afterwards. */
  readonly objects: ReadonlyMap<string, ApiObject | undefined>;
  /** By credential id; undefined: gone. */
  readonly credentials: ReadonlyMap<string, CredentialFact | undefined>;
}

/** What changes brought. */
export interface CompileDelta {
  readonly version: string;
  /** Of the whole table (see `TableDigest`), so that nobody needs to hash it again. */
  readonly bucketDigests: Uint8Array;
  /** Entries that are new or other than before, in no order. */
  readonly upserts: readonly Entry[];
  readonly removals: readonly EntryName[];
  /** Objects whose conditions changed, by object id; undefined: gone. */
  readonly conditions: ReadonlyMap<string, readonly Verdict[] | undefined>;
}
