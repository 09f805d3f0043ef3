import { createHmac, randomBytes } from 'node:crypto';
import type { SystemSecrets } from './system-secrets.js';

/**
 * Versions of credential values: equal values have equal versions on every replica, and a version gives nothing away
 * without the key. So a table can say which value a data plane has to use without holding it.
 */
export class CredentialVersions {
  constructor(private readonly versionKey: Buffer) {}

  static async load(secrets: SystemSecrets): Promise<CredentialVersions> {
    const { key } = await secrets.getOrCreate('credential-version-key', () => ({ key: randomBytes(32) }));
    if (key?.length !== 32) {
      throw new Error('Secret signalbox-system/credential-version-key: key must be 32 bytes; restore it from a backup');
    }
    return new CredentialVersions(key);
  }

  /** 32 hex digits. */
  versionOf(value: string): string {
    return createHmac('sha256', this.versionKey).update(value).digest('hex').slice(0, 32);
  }
}
