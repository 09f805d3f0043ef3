import type { DataSource } from 'typeorm';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import type { AuditKeys } from './audit-keys.js';

/**
 * From the next row on the chain is keyed; the rows before it stay as they are, and the first keyed row seals them, as its
 * hash covers theirs. Done once, before the first keyed row is written, and again if that one never was. Throws where keyed
 * rows are there already: another key would make them all look forged.
 */
export function beginKeyedChain(dataSource: DataSource, keys: AuditKeys): Promise<void> {
  return inTransaction(dataSource, READ_COMMITTED, async (queryRunner) => {
    const [meta] = (await queryRunner.query(
      'SELECT audit_id, audit_start_id, audit_start_hash, audit_keyed_from FROM meta FOR UPDATE',
    )) as [{ audit_id: string; audit_start_id: string; audit_start_hash: Buffer; audit_keyed_from: string | null }];
    if (meta.audit_keyed_from !== null && Number(meta.audit_keyed_from) <= Number(meta.audit_id)) {
      throw new Error(
        'the Secret signalbox-system/audit-key is gone, and the audit has rows that only it can verify: restore its row in the table object from a backup',
      );
    }
    const start = { id: Number(meta.audit_start_id), hash: meta.audit_start_hash };
    const keyedFrom = Number(meta.audit_id) + 1;
    await queryRunner.query('UPDATE meta SET audit_keyed_from = $1, audit_start_mac = $2', [
      keyedFrom,
      keys.macOfStart(start, keyedFrom),
    ]);
    return { value: undefined };
  });
}
