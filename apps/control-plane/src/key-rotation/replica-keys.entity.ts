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
  /** By the database's clock. */
  @Column({ type: 'timestamptz', name: 'seen_at' }) seenAt: Date;
}
