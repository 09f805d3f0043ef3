import type { Credentials as CredentialsMessage, Report } from '#libs/control-protocol';
import type { CredentialEntry } from '#libs/routing-table';
import { Listeners } from '../events/listeners.js';
import type { CredentialSource, ResolvedCredential } from './credential-source.js';
import type { LocalCredentials, Readings } from './local-credentials.js';
import { StreamCredentials, type CredentialVersions } from './stream-credentials.js';

/** All credentials of this data plane, wherever their values come from. */
export class Credentials implements CredentialSource {
  private readonly fromStream = new StreamCredentials();
  private readonly listeners: Listeners;

  /** `onFault`: called with what a listener throws. */
  constructor(
    private readonly local: LocalCredentials,
    onFault?: (error: unknown) => void,
  ) {
    this.listeners = new Listeners(onFault);
  }

  resolve(id: string): ResolvedCredential | undefined {
    return this.fromStream.get(id) ?? this.local.get(id);
  }

  /** Makes values ready for a table that is to come. */
  receive(message: CredentialsMessage): void {
    this.fromStream.receive(message);
  }

  /** For the beginning of a stream: its control plane sends every value that its tables name. */
  dropUnserved(): void {
    this.fromStream.dropUnserved();
  }

  /** Reads what the next table expects this data plane to read itself; nothing of it counts before `serve`. */
  read(entries: Iterable<CredentialEntry>): Promise<Readings> {
    return this.local.read(entries);
  }

  /** The swap: from now on these versions of what the control plane sent count, and what was read, and no others. */
  serve(named: CredentialVersions, own: Readings): void {
    this.fromStream.serve(named);
    this.local.serve(own);
    this.listeners.call();
  }

  async reload(): Promise<void> {
    if (await this.local.reload()) this.listeners.call();
  }

  /** Sorted by id. */
  unresolved(): Report['unresolvedCredentials'] {
    return [...this.fromStream.unresolved(), ...this.local.unresolved()]
      .map(([id, reason]) => ({ id, reason }))
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  snapshot(): CredentialsMessage {
    return this.fromStream.snapshot();
  }

  /** Called after values or reasons changed. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }
}
