import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Action } from '#libs/control-protocol';
import { nameColumn } from '../database/columns.js';

/** A command to data planes, for as long as replicas hand it out, and a little longer. */
@Entity('fleet_command')
export class FleetCommandRow {
  @PrimaryColumn('uuid') id: string;
  @Column('json') action: Action;
  /** Null: for every data plane. */
  @Column({ ...nameColumn, name: 'data_plane', nullable: true }) dataPlane: string | null;
  /** By the database's clock. */
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt: Date;
}

/** What one data plane made of it. */
@Entity('fleet_command_answer')
export class FleetCommandAnswerRow {
  @PrimaryColumn('uuid') command: string;
  @PrimaryColumn({ ...nameColumn, name: 'data_plane' }) dataPlane: string;
  @Column('text') result: string;
  @Column('text') message: string;
}
