import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row a replica: which master keys it holds. Rows of replicas that are gone expire. */
@Entity('replica_keys')
export class ReplicaKeysRow {
  /** Made anew at each start. */
  @PrimaryColumn('text') replica: string;
  /** For people. */
  @Column('text') host: string;
  /** Ids, in the order of the lines of its file: the first is to encrypt. */
  @Column({ type: 'json', name: 'master_keys' }) masterKeys: readonly string[];
  /** Nothing of it is encrypted under another key from when this was written on. Null: not known. */
  @Column({ type: 'text', name: 'encrypts_under', nullable: true }) encryptsUnder: string | null;
  /** By the database's clock. */
  @Column({ type: 'timestamptz', name: 'seen_at' }) seenAt: Date;
}
