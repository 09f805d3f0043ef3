import type { Credentials as CredentialsMessage } from '#libs/control-protocol';
import { checkValue, type CheckedValue } from './acceptable-value.js';
import type { ResolvedCredential } from './credential-source.js';

/** Which version of a credential a table names. */
export interface CredentialVersions {
  get(id: string): string | undefined;
}

const none: CredentialVersions = { get: () => undefined };

/**
 * Credentials whose values the control plane sends, by id and version. In memory only. Values come before the table that
 * names them and count with the swap; with the swap goes what it names no longer. So a table that is refused takes no
 * key from the one that serves on, and one that is served leaves no revoked value behind. However many tables are refused in turn, of an
 * id there are two values at most: the one that is served, and the one that came last.
 */
export class StreamCredentials {
  private readonly values = new Map<string, Map<string, CheckedValue>>();
  private served = none;

  get(id: string): ResolvedCredential | undefined {
    const version = this.served.get(id);
    const checked = version === undefined ? undefined : this.values.get(id)?.get(version);
    return checked && 'value' in checked ? { id, version: version!, value: checked.value } : undefined;
  }

  /** Of those that are served. */
  *unresolved(): IterableIterator<[id: string, reason: string]> {
    for (const [id, versions] of this.values) {
      const checked = versions.get(this.served.get(id) ?? '');
      if (checked && 'reason' in checked) yield [id, checked.reason];
    }
  }

  receive({ values, revoked }: CredentialsMessage): void {
    for (const id of revoked) this.keep(id, this.served.get(id));
    for (const { id, version, value } of values) {
      this.keep(id, this.served.get(id));
      const versions = this.values.get(id) ?? new Map<string, CheckedValue>();
      this.values.set(id, versions.set(version, checkValue(value)));
    }
  }

  /** What waits for a table that never came. */
  dropUnserved(): void {
    this.serve(this.served);
  }

  /** The table that is swapped in now names these. */
  serve(named: CredentialVersions): void {
    this.served = named;
    for (const id of this.values.keys()) this.keep(id, named.get(id));
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
  }
}
