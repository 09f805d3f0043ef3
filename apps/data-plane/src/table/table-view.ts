import type { BackendEntry, ConsumerEntry, KeyPoolEntry, RouteEntry } from '#libs/routing-table';

/** A consumer found by the digest of the API key it sent. */
export interface KeyOwner {
  readonly consumer: ConsumerEntry;
  readonly keyName: string;
}

/**
 * One immutable table as the request path sees it. A request pins the table that is current when it starts, and uses it
 * to its end, retries included. Entries are parsed at their first use and cached in the table.
 */
export interface TableView {
  readonly version: string;
  /** Log position that this data plane had reached when it began to serve this table; rises on bookmarks too. */
  readonly revision: number;
  /** `sha256`: lower-case hex. */
  ownerOf(sha256: string): KeyOwner | undefined;
  /** The one route for this model name, by the order that the compiler computed; undefined: none. */
  route(namespace: string, model: string, labels: Readonly<Record<string, string>>): RouteEntry | undefined;
  /** Whether there is a route of this key, matched or not. */
  hasRoute(key: string): boolean;
  /** `key`: `<namespace>/<consumer>`. */
  hasConsumer(key: string): boolean;
  /** `<namespace>/<name>` */
  consumer(key: string): ConsumerEntry | undefined;
  backend(key: string): BackendEntry | undefined;
  keyPool(key: string): KeyPoolEntry | undefined;
  /** Concrete (glob-free) model names that a consumer with these labels may ask for, sorted. */
  models(namespace: string, labels: Readonly<Record<string, string>>): readonly string[];
  /** Identities (breaker, limiter, credential, pool, route and consumer keys) that mutable state may be kept for. */
  identities(): Iterable<string>;
}

/** Holds the current table. `current` is undefined until the first snapshot (from the disk or the control plane). */
export interface TableHolder {
  readonly current: TableView | undefined;
  /** Called before every swap, for what must be worked out to serve the table: what is thrown here keeps it out. */
  onPrepare(listener: (next: TableView) => void): void;
  /** Called after every swap, synchronously. */
  onSwap(listener: (next: TableView, previous: TableView | undefined) => void): void;
}
