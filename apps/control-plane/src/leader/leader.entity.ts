import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../database/columns.js';

/** One row: who leads, how often the leader has changed, and how long the lease lasts unless it is renewed. */
@Entity('leader')
export class LeaderRow {
  @PrimaryColumn({ type: 'boolean', default: true }) id: boolean;
  @Column(bigintColumn) epoch: number;
  @Column('text') holder: string;
  @Column('timestamptz') since: Date;
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt: Date;
}
