import { Column, Entity, PrimaryColumn } from 'typeorm';
import { nameColumn } from '../database/columns.js';

/** One row a replica, for as long as it says that it lives. */
@Entity('replica')
export class ReplicaRow {
  @PrimaryColumn(nameColumn) name: string;
  /** By the database's clock. */
  @Column({ type: 'timestamptz', name: 'seen_at' }) seenAt: Date;
}
