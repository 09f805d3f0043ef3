import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../database/columns.js';

/** One row: who leads, and how often the leader has changed. */
@Entity('leader')
export class LeaderRow {
  @PrimaryColumn({ type: 'boolean', default: true }) id: boolean;
  @Column(bigintColumn) epoch: number;
  @Column('text') holder: string;
  @Column('timestamptz') since: Date;
}
