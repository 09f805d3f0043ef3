import { createHmac, randomBytes } from 'node:crypto';
import type { CredentialEntry } from '#libs/routing-table';
import type { CheckedValue } from './acceptable-value.js';
import type { ResolvedCredential } from './credential-source.js';
import type { EnvironmentValues, FileValues } from './local-values.js';

/** Credentials that this data plane reads itself: what the table names, and the allowlists admit. */
export class LocalCredentials {
  private resolved: ReadonlyMap<string, ResolvedCredential> = new Map();
  private reasons: ReadonlyMap<string, string> = new Map();
  private entries: readonly CredentialEntry[] = [];
  private loads = 0;
  /** Keyed and of this process alone: a version may be shown, and must not help to guess a value. */
  private readonly versionKey = randomBytes(32);

  constructor(
    private readonly environment: Pick<EnvironmentValues, 'read'>,
    private readonly files: Pick<FileValues, 'read'>,
  ) {}

  get(id: string): ResolvedCredential | undefined {
    return this.resolved.get(id);
  }

  get unresolved(): ReadonlyMap<string, string> {
    return this.reasons;
  }

  /** Returns whether anything changed. Of several loads at once the one that began last counts. */
  async load(entries: readonly CredentialEntry[]): Promise<boolean> {
    this.entries = entries;
    const load = ++this.loads;
    const resolved = new Map<string, ResolvedCredential>();
    const reasons = new Map<string, string>();
    for (const { id, source } of entries) {
      const checked = await this.read(source);
      if ('value' in checked) resolved.set(id, { id, version: this.versionOf(checked.value), value: checked.value });
      else reasons.set(id, checked.reason);
    }
    if (load !== this.loads || this.isCurrent(resolved, reasons)) return false;
    this.resolved = resolved;
    this.reasons = reasons;
    return true;
  }

  /** Reads everything again: a file may have been rotated. */
  reload(): Promise<boolean> {
    return this.load(this.entries);
  }

  private isCurrent(resolved: ReadonlyMap<string, ResolvedCredential>, reasons: ReadonlyMap<string, string>): boolean {
    return (
      resolved.size === this.resolved.size &&
      reasons.size === this.reasons.size &&
      [...resolved].every(([id, { version }]) => this.resolved.get(id)?.version === version) &&
      [...reasons].every(([id, reason]) => this.reasons.get(id) === reason)
    );
  }

  private async read(source: CredentialEntry['source']): Promise<CheckedValue> {
    switch (source.type) {
      case 'Env':
        return this.environment.read(source.name);
      case 'File':
        return this.files.read(source.path);
      case 'Secret':
        return { reason: 'its value comes from the control plane' };
    }
  }

  private versionOf(value: string): string {
    return createHmac('sha256', this.versionKey).update(value, 'latin1').digest('hex').slice(0, 16);
  }
}
