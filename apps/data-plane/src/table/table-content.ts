import { BucketedMap, TableDigest } from '#libs/routing-table';
import type { ConsumerEntry, CredentialEntry } from '#libs/routing-table';
import type { NamespaceModels } from './namespace-models.js';
import type { StoredEntry } from './stored-entry.js';
import type { KeyOwner } from './table-view.js';

/** Everything a table consists of. Each part is immutable and shared by the tables that it is equal in. */
export interface TableContent {
  readonly digest: TableDigest;
  /** By entry id. */
  readonly entries: BucketedMap<StoredEntry>;
  /** By the SHA-256 of an API key. */
  readonly owners: BucketedMap<KeyOwner>;
  readonly namespaces: ReadonlyMap<string, NamespaceModels>;
  /** How many entries refer to an id: what makes a dangling reference show without a scan of the whole table. */
  readonly referrers: BucketedMap<number>;
  /** Credentials that this data plane resolves itself (`env`, `file`), by id. */
  readonly localCredentials: ReadonlyMap<string, CredentialEntry>;
  /** The versions of the others, whose values the control plane sends, by id. */
  readonly streamCredentials: BucketedMap<string>;
}

export function emptyContent(schemaVersion: number): TableContent {
  return {
    digest: TableDigest.empty(schemaVersion),
    entries: BucketedMap.empty(),
    owners: BucketedMap.empty(),
    namespaces: new Map(),
    referrers: BucketedMap.empty(),
    localCredentials: new Map(),
    streamCredentials: BucketedMap.empty(),
  };
}

/** One API key of a consumer, which is parsed when the key is first used. */
export class ConsumerKey implements KeyOwner {
  constructor(
    private readonly entry: StoredEntry<'Consumer'>,
    readonly keyName: string,
  ) {}

  get consumer(): ConsumerEntry {
    return this.entry.value;
  }
}
