import {
  entryId,
  type EntryKind,
  entryName,
  type EntryName,
  type EntryTypes,
  type TableDigest,
} from '#libs/routing-table';
import { matchKeyParts, NamespaceModelsEditor } from './namespace-models.js';
import { referencesOf } from './references.js';
import type { StoredEntry } from './stored-entry.js';
import { ConsumerKey, type TableContent } from './table-content.js';

/**
 * Edits a table's content. Order matters: everything that goes or is replaced is dropped first, then what comes is
 * added, so that an API key or a model may move from one entry to another within a change.
 */
export class ContentEditor {
  private readonly entries;
  private readonly owners;
  private readonly referrers;
  private readonly namespaces = new Map<string, NamespaceModelsEditor>();
  private readonly localCredentials;
  private readonly streamCredentials;
  /** Ids whose existence or referrers changed, with one who refers to it if we met one. */
  private readonly suspects = new Map<string, string | undefined>();

  constructor(private readonly base: TableContent) {
    this.entries = base.entries.edit();
    this.owners = base.owners.edit();
    this.referrers = base.referrers.edit();
    this.localCredentials = new Map(base.localCredentials);
    this.streamCredentials = base.streamCredentials.edit();
  }

  drop(name: EntryName): void {
    const id = entryId(name.kind, name.key);
    const stored = this.entries.get(id);
    if (!stored) return;
    this.entries.delete(id);
    this.suspect(id);
    for (const target of referencesOf(stored.kind, stored.parse())) {
      const left = (this.referrers.get(target) ?? 0) - 1;
      if (left > 0) this.referrers.set(target, left);
      else this.referrers.delete(target);
    }
    if (isKind(stored, 'Match')) this.models(stored.key, (models, pattern) => models.delete(pattern));
    if (isKind(stored, 'Consumer')) for (const { sha256 } of stored.parse().keys) this.owners.delete(sha256);
    if (isKind(stored, 'Credential')) {
      this.localCredentials.delete(stored.key);
      this.streamCredentials.delete(stored.key);
    }
  }

  /** Returns the parsed value. Throws a SyntaxError or TypeError if the entry's bytes are not what its kind calls for. */
  add(stored: StoredEntry): EntryTypes[EntryKind] {
    const id = entryId(stored.kind, stored.key);
    const value = stored.parse();
    this.entries.set(id, stored);
    this.suspect(id);
    for (const target of referencesOf(stored.kind, value)) {
      this.referrers.set(target, (this.referrers.get(target) ?? 0) + 1);
      this.suspects.set(target, id);
    }
    if (isKind(stored, 'Match')) this.models(stored.key, (models, pattern) => models.add(pattern));
    if (isKind(stored, 'Consumer')) {
      for (const { name, sha256 } of stored.parse().keys) this.owners.set(sha256, new ConsumerKey(stored, name));
    }
    if (isKind(stored, 'Credential')) {
      const credential = stored.parse();
      const { source } = credential;
      if (source.type === 'Secret') this.streamCredentials.set(stored.key, source.version);
      else this.localCredentials.set(stored.key, credential);
    }
    return value;
  }

  /** The first reference that leads nowhere, told for people; undefined: none. */
  danglingReference(): string | undefined {
    for (const [target, referrer] of this.suspects) {
      if (this.entries.get(target) || !this.referrers.get(target)) continue;
      const { kind, key } = entryName(target);
      return `${referrer ?? 'an entry'} refers to ${kind} ${key}, which is not in the table`;
    }
    return undefined;
  }

  freeze(digest: TableDigest): TableContent {
    const namespaces = new Map(this.base.namespaces);
    for (const [namespace, editor] of this.namespaces) {
      const models = editor.freeze();
      if (models) namespaces.set(namespace, models);
      else namespaces.delete(namespace);
    }
    return {
      digest,
      entries: this.entries.freeze(),
      owners: this.owners.freeze(),
      namespaces,
      referrers: this.referrers.freeze(),
      localCredentials: this.localCredentials,
      streamCredentials: this.streamCredentials.freeze(),
    };
  }

  private suspect(id: string): void {
    if (!this.suspects.has(id)) this.suspects.set(id, undefined);
  }

  private models(matchKey: string, change: (models: NamespaceModelsEditor, pattern: string) => void): void {
    const { namespace, pattern } = matchKeyParts(matchKey);
    let editor = this.namespaces.get(namespace);
    if (!editor) {
      editor = this.base.namespaces.get(namespace)?.edit() ?? new NamespaceModelsEditor();
      this.namespaces.set(namespace, editor);
    }
    change(editor, pattern);
  }
}

function isKind<Kind extends StoredEntry['kind']>(stored: StoredEntry, kind: Kind): stored is StoredEntry<Kind> {
  return stored.kind === kind;
}
