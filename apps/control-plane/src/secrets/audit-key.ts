import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { KindDefinition } from '#libs/apimachinery';
import { AuditKeys } from '../audit/audit-keys.js';
import { beginKeyedChain } from '../audit/keyed-chain.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import type { KeyRing } from '../encryption/master-keys.js';
import { PostgresObjectStore } from '../store/postgres-object-store.js';
import { SystemSecrets } from './system-secrets.js';

/**
 * The audit's keys, from the Secret `audit-key`, which is made once for the installation. Nothing can be written before
 * they are there: so this uses a store of its own, and the first row of the keyed audit is that the key was made.
 */
export async function loadAuditKeys(
  dataSource: DataSource,
  secretKind: KindDefinition,
  keys: KeyRing,
): Promise<AuditKeys> {
  const fresh = randomBytes(32);
  const auditKeys = new AuditKeys(fresh);
  const secrets = new SystemSecrets(new PostgresObjectStore(dataSource, { keys, auditKeys }), secretKind);
  const lock = dataSource.createQueryRunner();
  try {
    // Of replicas that start together one begins the keyed chain, and the others find the key.
    await lock.query('SELECT pg_advisory_lock($1, $2)', [...advisoryLocks.auditKey]);
    const { key } = await secrets.getOrCreate('audit-key', async () => {
      await beginKeyedChain(dataSource, auditKeys);
      return { key: fresh };
    });
    if (key?.length !== 32) {
      throw new Error('Secret signalbox-system/audit-key: key must be 32 bytes; restore it from a backup');
    }
    return new AuditKeys(key);
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1, $2)', [...advisoryLocks.auditKey]).catch(() => undefined);
    await lock.release();
  }
}
