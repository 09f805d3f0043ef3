import type { Credentials as CredentialsMessage, Report } from '#libs/control-protocol';
import type { CredentialEntry } from '#libs/routing-table';
import type { CredentialSource, ResolvedCredential } from './credential-source.js';
import type { LocalCredentials } from './local-credentials.js';
import { StreamCredentials, type CredentialVersions } from './stream-credentials.js';

/** All credentials of this data plane, wherever their values come from. */
export class Credentials implements CredentialSource {
  private readonly fromStream = new StreamCredentials();
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly local: LocalCredentials) {}

  resolve(id: string): ResolvedCredential | undefined {
    return this.fromStream.get(id) ?? this.local.get(id);
  }

  /** Makes values ready for a table that is to come. */
  receive(message: CredentialsMessage): void {
    this.fromStream.receive(message);
  }

  /** Makes the credentials ready that the next table expects this data plane to read itself. */
  async load(entries: Iterable<CredentialEntry>): Promise<void> {
    if (await this.local.load([...entries])) this.changed();
  }

  /** The swap: from now on these versions of what the control plane sent count, and no others. */
  serve(named: CredentialVersions): void {
    this.fromStream.serve(named);
    this.changed();
  }

  async reload(): Promise<void> {
    if (await this.local.reload()) this.changed();
  }

  /** Sorted by id. */
  unresolved(): Report['unresolvedCredentials'] {
    return [...this.fromStream.unresolved(), ...this.local.unresolved]
      .map(([id, reason]) => ({ id, reason }))
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  snapshot(): CredentialsMessage {
    return this.fromStream.snapshot();
  }

  /** Called after values or reasons changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
