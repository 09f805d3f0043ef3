import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from './columns.js';

/** One row. Its lock, taken last by every write, is what makes commit order the order of revisions and of the audit. */
@Entity('meta')
export class MetaRow {
  @PrimaryColumn({ type: 'boolean', default: true }) id: boolean;
  /** The last revision. */
  @Column(bigintColumn) rv: number;
  /** Log rows up to here are gone. */
  @Column(bigintColumn) compacted: number;
  @Column({ ...bigintColumn, name: 'audit_id' }) auditId: number;
  @Column({ type: 'bytea', name: 'audit_hash' }) auditHash: Buffer;
  /** Audit rows up to here have expired; the first one that is left follows from this hash. */
  @Column({ ...bigintColumn, name: 'audit_start_id' }) auditStartId: number;
  @Column({ type: 'bytea', name: 'audit_start_hash' }) auditStartHash: Buffer;
  /** The server and timeline that wrote last. null: nobody has looked yet, or the server doesn't say. */
  @Column({ type: 'text', nullable: true }) server: string | null;
  /** Names this history of revisions: a fail-over that may have lost some begins another one. */
  @Column('uuid') lineage: string;
  /** Vouches for the two; null before the audit had a key. */
  @Column({ type: 'bytea', name: 'audit_start_mac', nullable: true }) auditStartMac: Buffer | null;
  /** The first audit row whose hash is keyed. */
  @Column({ ...bigintColumn, name: 'audit_keyed_from', nullable: true }) auditKeyedFrom: number | null;
}
