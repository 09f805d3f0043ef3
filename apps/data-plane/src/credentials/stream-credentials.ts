import type { Credentials as CredentialsMessage } from '#libs/control-protocol';
import { checkValue } from './acceptable-value.js';
import type { ResolvedCredential } from './credential-source.js';

/** Credentials whose values the control plane sends. In memory only, and gone as soon as they are revoked. */
export class StreamCredentials {
  private readonly resolved = new Map<string, ResolvedCredential>();
  readonly unresolved = new Map<string, string>();

  get(id: string): ResolvedCredential | undefined {
    return this.resolved.get(id);
  }

  receive({ complete, values, revoked }: CredentialsMessage): void {
    const ids = new Set(values.map(({ id }) => id));
    const gone = complete ? [...this.resolved.keys(), ...this.unresolved.keys()].filter((id) => !ids.has(id)) : revoked;
    for (const id of gone) this.drop(id);
    for (const { id, version, value } of values) {
      this.drop(id);
      const checked = checkValue(value);
      if ('value' in checked) this.resolved.set(id, { id, version, value: checked.value });
      else this.unresolved.set(id, checked.reason);
    }
  }

  /** As a message that would bring another process to the same state: for the encrypted snapshot on disk. */
  snapshot(): CredentialsMessage {
    return { type: 'credentials', complete: true, values: [...this.resolved.values()], revoked: [] };
  }

  private drop(id: string): void {
    this.resolved.delete(id);
    this.unresolved.delete(id);
  }
}
