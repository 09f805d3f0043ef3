import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FieldChange } from '#libs/apimachinery';
import { bigintColumn, nameColumn } from '../database/columns.js';

/** One audited write. Rows are only ever added; `hash` covers every other column, `previous_hash` included. */
@Entity('audit')
export class AuditRow {
  /** Contiguous, in commit order. */
  @PrimaryColumn(bigintColumn) id: number;
  @Column({ type: 'timestamptz', precision: 3 }) at: Date;
  @Column('text') actor: string;
  @Column({ type: 'json', name: 'actor_groups' }) actorGroups: readonly string[];
  @Column('text') verb: string;
  @Column({ ...nameColumn, name: 'api_group' }) apiGroup: string;
  @Column(nameColumn) kind: string;
  @Column(nameColumn) namespace: string;
  @Column(nameColumn) name: string;
  @Column('text') subresource: string;
  @Column('uuid') uid: string;
  @Column(bigintColumn) generation: number;
  @Column(bigintColumn) revision: number;
  @Column('json') changes: readonly FieldChange[];
  @Column({ type: 'text', name: 'source_address' }) sourceAddress: string;
  @Column({ type: 'text', name: 'user_agent' }) userAgent: string;
  @Column({ type: 'text', name: 'trace_id' }) traceId: string;
  @Column({ type: 'bytea', name: 'previous_hash' }) previousHash: Buffer;
  @Column('bytea') hash: Buffer;
}
