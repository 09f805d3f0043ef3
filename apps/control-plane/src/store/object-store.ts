import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { Leadership } from '../leader/leadership.js';

/** Who did it, from where: goes into the audit beside every write. Users named `system:` are the product itself. */
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
 * One object of a transaction, which may hold no other write of that object. `mutate` gets a copy of the stored object (undefined: absent), as read under the key's lock, and
 * returns what shall be stored; it is pure, may run more than once, and throws an ApiError to refuse: preconditions
 * (resourceVersion, uid) are checked there. What clients can't set (uid, generation, timestamps, on the main resource
 * status) is kept whatever it returns. Returning `undefined` deletes, or while finalizers remain sets deletionTimestamp;
 * returning an equal object is a no-op that keeps the resourceVersion and writes no row.
 */
export interface ObjectWrite {
  readonly key: ObjectKey;
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'apply';
  /** Only `status` (and its field ownership) is taken, generation stays; audited unless the user is `system:`. */
  readonly subresource?: 'status';
  /** An object that isn't there is left out, of the results as well, where it would refuse the transaction with a 404. */
  readonly ifPresent?: boolean;
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
  /** In the order of the writes; those of absent objects that were `ifPresent` are left out. */
  readonly results: readonly WriteResult[];
}

export interface ListOptions {
  readonly namespace?: string;
  /** Only these objects, counted for `limit`; `remaining` is then not told, as nobody has looked. */
  readonly matches?: (object: ApiObject) => boolean;
  readonly limit?: number;
  readonly continue?: string;
}
export interface ListResult<Item = ApiObject> {
  readonly items: readonly Item[];
  readonly revision: number;
  readonly continue?: string;
  readonly remaining?: number;
}

export interface CommitOptions {
  readonly dryRun?: boolean;
  /** The term in whose name this is written. Left out: nobody's; `undefined` is refused, as it isn't a term. */
  readonly leadership?: Leadership;
}

/** Objects, revision log, revisions and audit. Every object that leaves the store is a fresh copy with resourceVersion set. */
export interface ObjectStore {
  get(key: ObjectKey): Promise<ApiObject | undefined>;
  list(kind: KindDefinition, options: ListOptions): Promise<ListResult>;
  /** The same as JSON texts, unparsed: of kinds whose stored form is what clients see, so never of a sensitive one. */
  listText(kind: KindDefinition, options: Omit<ListOptions, 'matches'>): Promise<ListResult<string>>;
  /** All objects of these kinds in one consistent snapshot. A failed read throws: a part is never returned. */
  snapshot(kinds: readonly KindDefinition[]): Promise<{ objects: ApiObject[]; revision: number }>;
  /**
   * All or nothing, in one transaction. `dryRun` decides everything and writes nothing: objects keep the resourceVersion
   * they have, new ones get none. `leadership` is checked within the transaction: a LeadershipLostError refuses the
   * writes of a leader who has been replaced. A database that is away is an ApiError 503.
   */
  commit(writes: readonly ObjectWrite[], origin: Origin, options?: CommitOptions): Promise<CommitResult>;
}

/** Whole transactions in commit order. */
export interface ChangeFeed {
  /** The last revision handed out. */
  readonly revision: number;
  /**
   * Changes after `afterRevision`, then live ones; the first ones may be handed out before the promise resolves.
   * `onTransaction` gets one transaction's rows (after a revision within one: the rest of it); a throw ends the
   * subscription through `onEnd`. Throws ExpiredRevisionError if `afterRevision` is compacted or in the future; a live
   * subscription ends with one if the feed was away for longer than the log reaches back.
   */
  subscribe(
    afterRevision: number,
    onTransaction: (changes: readonly Change[]) => void,
    onEnd: (error: Error) => void,
  ): Promise<{ close(): void }>;
}
