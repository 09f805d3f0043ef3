import { BucketedMap } from '#libs/routing-table';
import type { Credentials as CredentialsMessage } from '#libs/control-protocol';
import { checkValue, type CheckedValue } from './acceptable-value.js';
import type { ResolvedCredential } from './credential-source.js';

/** Which version of each credential a table names, by id. */
export type CredentialVersions = BucketedMap<string>;

const none: CredentialVersions = BucketedMap.empty();

/**
 * Credentials whose values the control plane sends, by id and version. In memory only. Values come before the table that
 * names them and count with the swap; with the swap goes what it names no longer. So a table that is refused takes no
 * key from the one that serves on, and one that is served leaves no revoked value behind. However many tables are refused in turn, of an
 * id there are two values at most: the one that is served, and the one that came last.
 */
export class StreamCredentials {
  private readonly values = new Map<string, Map<string, CheckedValue>>();
  private served = none;
  /** Of these something has come, or was taken back, since the last swap. */
  private readonly fresh = new Set<string>();
  /** Of these some value can't be used. */
  private readonly unusable = new Set<string>();

  get(id: string): ResolvedCredential | undefined {
    const version = this.served.get(id);
    const checked = version === undefined ? undefined : this.values.get(id)?.get(version);
    return checked && 'value' in checked ? { id, version: version!, value: checked.value } : undefined;
  }

  /** Of those that are served. */
  *unresolved(): IterableIterator<[id: string, reason: string]> {
    for (const id of this.unusable) {
      const checked = this.values.get(id)?.get(this.served.get(id) ?? '');
      if (checked && 'reason' in checked) yield [id, checked.reason];
    }
  }

  receive({ values, revoked }: CredentialsMessage): void {
    for (const id of revoked) this.keep(id, this.served.get(id));
    for (const { id, version, value } of values) {
      this.keep(id, this.served.get(id));
      this.fresh.add(id);
      const checked = checkValue(value);
      if ('reason' in checked) this.unusable.add(id);
      const versions = this.values.get(id) ?? new Map<string, CheckedValue>();
      this.values.set(id, versions.set(version, checked));
    }
  }

  /** What waits for a table that never came. */
  dropUnserved(): void {
    this.serve(this.served);
  }

  /** The table that is swapped in now names these. What it has in common with the one before isn't looked at. */
  serve(named: CredentialVersions): void {
    const before = this.served;
    this.served = named;
    for (const id of named.changedSince(before)) this.keep(id, named.get(id));
    for (const id of this.fresh) this.keep(id, named.get(id));
    this.fresh.clear();
  }

  /** As a message that would bring another process to the same state: for the encrypted snapshot on disk. */
  snapshot(): CredentialsMessage {
    const values = [...this.values.keys()].flatMap((id) => this.get(id) ?? []);
    return { type: 'credentials', values, revoked: [] };
  }

  private keep(id: string, version: string | undefined): void {
    const versions = this.values.get(id);
    if (!versions) return;
    for (const other of versions.keys()) if (other !== version) versions.delete(other);
    if (versions.size === 0) this.values.delete(id);
    const kept = version === undefined ? undefined : versions.get(version);
    if (kept === undefined || 'value' in kept) this.unusable.delete(id);
  }
}
