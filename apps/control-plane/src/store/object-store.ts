import type { ApiObject, KindDefinition } from '#libs/resources';

/** Who did it, from where: goes into the audit beside every write. */
export interface Origin {
  readonly user: string;
  readonly groups: readonly string[];
  /** Client address; '' for the control plane itself. */
  readonly sourceAddress: string;
  readonly userAgent: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** W3C traceparent of the write's span; stored in the log, so that compile and publication join its trace. */
  readonly traceParent: string;
}

export interface ObjectKey {
  readonly kind: KindDefinition;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * One object of a transaction. `mutate` gets the stored object (undefined: absent), as read under the key's lock, and
 * returns what shall be stored; it is pure, may run more than once, and throws an ApiError to refuse. Returning
 * `undefined` deletes; returning an equal object is a no-op that keeps the resourceVersion and writes no row.
 */
export interface ObjectWrite {
  readonly key: ObjectKey;
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'apply';
  /** Only `status` may differ, generation stays, no audit row is written. */
  readonly subresource?: 'status';
  readonly mutate: (stored: ApiObject | undefined) => ApiObject | undefined;
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** A row of the revision log, in commit order. */
export interface Change {
  readonly revision: number;
  /** The last revision of the row's transaction: readers handle whole transactions. */
  readonly lastRevision: number;
  readonly type: ChangeType;
  readonly kind: KindDefinition;
  readonly namespace: string;
  readonly name: string;
  /** The object at this revision; for DELETED its last state, with the deletion's resourceVersion. */
  readonly object: ApiObject;
  /** The object before; undefined for ADDED. */
  readonly previous?: ApiObject;
  readonly subresource?: 'status';
  readonly traceParent?: string;
  /** Epoch milliseconds of the commit. */
  readonly at: number;
}

export interface WriteResult {
  readonly type: ChangeType | 'UNCHANGED';
  readonly object: ApiObject;
  readonly previous?: ApiObject;
}
export interface CommitResult {
  /** The store's revision after the transaction. */
  readonly revision: number;
  /** In the order of the writes. */
  readonly results: readonly WriteResult[];
}

export interface ListOptions {
  readonly namespace?: string;
  readonly limit?: number;
  readonly continue?: string;
}
export interface ListResult {
  readonly items: readonly ApiObject[];
  readonly revision: number;
  readonly continue?: string;
  readonly remaining?: number;
}

/** Objects, revision log, revisions and audit. Every object that leaves the store is a fresh copy with resourceVersion set. */
export interface ObjectStore {
  get(key: ObjectKey): Promise<ApiObject | undefined>;
  list(kind: KindDefinition, options: ListOptions): Promise<ListResult>;
  /** All objects of these kinds in one consistent snapshot. A failed read throws: a part is never returned. */
  snapshot(kinds: readonly KindDefinition[]): Promise<{ objects: ApiObject[]; revision: number }>;
  /**
   * All or nothing, in one transaction. `dryRun` runs everything and rolls back. `guard` runs inside the transaction
   * (the leader's epoch check) and throws to abort it.
   */
  commit(
    writes: readonly ObjectWrite[],
    origin: Origin,
    options?: { dryRun?: boolean; leaderEpoch?: number },
  ): Promise<CommitResult>;
}

/** Whole transactions in commit order. */
export interface ChangeFeed {
  /** The last revision handed out. */
  readonly revision: number;
  /**
   * Changes after `afterRevision`, then live ones. `onTransaction` gets one transaction's rows; a throw ends the
   * subscription through `onEnd`. Throws ExpiredRevisionError if `afterRevision` is compacted or in the future.
   */
  subscribe(
    afterRevision: number,
    onTransaction: (changes: readonly Change[]) => void,
    onEnd: (error: Error) => void,
  ): Promise<{ close(): void }>;
}
