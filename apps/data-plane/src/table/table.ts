import {
  type BucketedMap,
  entryId,
  isGlob,
  selectsLabels,
  type BackendEntry,
  type ConsumerEntry,
  type CredentialEntry,
  type Entry,
  type EntryKind,
  type EntryTypes,
  type KeyPoolEntry,
  type RouteEntry,
} from '#libs/routing-table';
import type { StoredEntry } from './stored-entry.js';
import type { TableContent } from './table-content.js';
import type { KeyOwner, TableView } from './table-view.js';

/** The table that requests are served from: content that never changes, and the log position it is known to be right at. */
export class Table implements TableView {
  private position: number;

  constructor(
    readonly content: TableContent,
    revision: number,
  ) {
    this.position = revision;
  }

  get version(): string {
    return this.content.digest.version;
  }

  get revision(): number {
    return this.position;
  }

  /** A bookmark: the content stands for a later revision, too. Requests that hold this table see the later one at once. */
  advanceTo(revision: number): void {
    this.position = Math.max(this.position, revision);
  }

  ownerOf(sha256: string): KeyOwner | undefined {
    return this.content.owners.get(sha256);
  }

  route(namespace: string, model: string, labels: Readonly<Record<string, string>>): RouteEntry | undefined {
    const exact = isGlob(model) ? undefined : this.candidate(namespace, model, labels);
    if (exact) return exact;
    const models = this.content.namespaces.get(namespace);
    return models?.globs.first(model, (pattern) => this.candidate(namespace, pattern, labels));
  }

  hasRoute(key: string): boolean {
    return this.content.entries.get(entryId('Route', key)) !== undefined;
  }

  hasConsumer(key: string): boolean {
    return this.content.entries.get(entryId('Consumer', key)) !== undefined;
  }

  consumer(key: string): ConsumerEntry | undefined {
    return this.value('Consumer', key);
  }

  backend(key: string): BackendEntry | undefined {
    return this.value('Backend', key);
  }

  keyPool(key: string): KeyPoolEntry | undefined {
    return this.value('KeyPool', key);
  }

  models(namespace: string, labels: Readonly<Record<string, string>>): readonly string[] {
    const exact = this.content.namespaces.get(namespace)?.exact ?? [];
    return [...exact].filter((model) => this.candidate(namespace, model, labels) !== undefined).sort();
  }

  *identities(): IterableIterator<string> {
    for (const [, stored] of this.content.entries.entries()) {
      if (stored.kind === 'Backend') yield (stored.glance as BackendEntry).breakerId;
      else if (stored.kind === 'KeyPool') {
        for (const { limiterId } of (stored.glance as KeyPoolEntry).keys) yield limiterId;
      }
      if (stored.kind !== 'Match' && stored.kind !== 'Backend') yield stored.key;
    }
  }

  /** All entries, as they travelled. */
  *entries(): IterableIterator<Entry> {
    for (const [, stored] of this.content.entries.entries()) yield stored;
  }

  /** Credentials that this data plane resolves itself. */
  get localCredentials(): ReadonlyMap<string, CredentialEntry> {
    return this.content.localCredentials;
  }

  /** Versions of the credentials whose values the control plane sends, by id. */
  get streamCredentials(): BucketedMap<string> {
    return this.content.streamCredentials;
  }

  private candidate(
    namespace: string,
    pattern: string,
    labels: Readonly<Record<string, string>>,
  ): RouteEntry | undefined {
    const match = this.value('Match', `${namespace}/${pattern}`);
    if (!match) return undefined;
    for (const { route, matchLabels } of match.candidates) {
      if (selectsLabels(matchLabels, labels)) return this.value('Route', route);
    }
    return undefined;
  }

  private value<Kind extends EntryKind>(kind: Kind, key: string): EntryTypes[Kind] | undefined {
    return (this.content.entries.get(entryId(kind, key)) as StoredEntry<Kind> | undefined)?.value;
  }
}
