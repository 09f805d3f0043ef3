import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn, nameColumn } from '../database/columns.js';

/** The current state of every object. `object` holds neither resourceVersion (`rv` is it) nor, of a sensitive kind, plain text. */
@Entity('object')
export class ObjectRow {
  @PrimaryColumn({ ...nameColumn, name: 'api_group' }) apiGroup: string;
  @PrimaryColumn(nameColumn) kind: string;
  @PrimaryColumn(nameColumn) namespace: string;
  @PrimaryColumn(nameColumn) name: string;
  @Column('uuid') uid: string;
  @Column(bigintColumn) rv: number;
  @Column('json') object: unknown;
}

/** One row a revision: what every reader of changes follows. Compacted. */
@Entity('object_log')
export class LogRow {
  @PrimaryColumn(bigintColumn) rv: number;
  @Column({ ...bigintColumn, name: 'last_rv' }) lastRv: number;
  @Column('text') type: string;
  @Column({ ...nameColumn, name: 'api_group' }) apiGroup: string;
  @Column(nameColumn) kind: string;
  @Column(nameColumn) namespace: string;
  @Column(nameColumn) name: string;
  @Column('uuid') uid: string;
  @Column({ type: 'text', nullable: true }) subresource: string | null;
  @Column('json') object: unknown;
  @Column({ type: 'json', nullable: true }) prev: unknown;
  @Column({ ...bigintColumn, name: 'prev_rv', nullable: true }) prevRv: number | null;
  @Column({ type: 'text', name: 'trace_parent' }) traceParent: string;
  @Column({ type: 'timestamptz', precision: 3 }) at: Date;
}

/** What somebody wanted, at each revision (`object`: see `KeptRevision`). Never compacted, never a sensitive kind. */
@Entity('object_revision')
export class ObjectRevisionRow {
  @PrimaryColumn(bigintColumn) rv: number;
  @Column({ ...nameColumn, name: 'api_group' }) apiGroup: string;
  @Column(nameColumn) kind: string;
  @Column(nameColumn) namespace: string;
  @Column(nameColumn) name: string;
  @Column('uuid') uid: string;
  @Column(bigintColumn) generation: number;
  @Column({ type: 'timestamptz', precision: 3 }) at: Date;
  @Column({ type: 'json', nullable: true }) object: unknown;
}
