import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemClock } from '#libs/clock';
import { kinds } from '#libs/resources';
import type { Logger } from '#libs/telemetry';
import { LOGGER } from '../config/config.module.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import { LeaderElection } from '../leader/leader-election.js';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { EncryptedRows } from './encrypted-rows.js';
import { KeyOverview } from './key-status.js';
import { Reencryption } from './reencryption.js';
import { ReplicaKeys } from './replica-keys.js';

const running = { clock: systemClock, random: Math.random };

/** Which master keys are in use and held, and the way from one to the next while everything serves. */
@Module({
  providers: [
    {
      provide: EncryptedRows,
      inject: [DataSource, MasterKeyFile],
      useFactory: (dataSource: DataSource, keys: MasterKeyFile) => new EncryptedRows({ dataSource, kinds, keys }),
    },
    {
      provide: ReplicaKeys,
      inject: [DataSource, MasterKeyFile, LOGGER],
      useFactory: async (dataSource: DataSource, keys: MasterKeyFile, logger: Logger) => {
        const [self, host] = [randomBytes(8).toString('hex'), hostname()];
        const replicas = new ReplicaKeys({ dataSource, keys, self, host, ...running, logger });
        // Before this replica writes anything: under which key it may depends on the others.
        await replicas.beat();
        return replicas;
      },
    },
    {
      provide: Reencryption,
      inject: [EncryptedRows, ReplicaKeys, MasterKeyFile, OBJECT_STORE, LeaderElection, LOGGER],
      useFactory: (
        rows: EncryptedRows,
        replicas: ReplicaKeys,
        keys: MasterKeyFile,
        store: ObjectStore,
        leader: LeaderElection,
        logger: Logger,
      ) => new Reencryption({ rows, replicas, keys, store, leader, ...running, logger }),
    },
    {
      provide: KeyOverview,
      inject: [EncryptedRows, ReplicaKeys, MasterKeyFile, OBJECT_STORE],
      useFactory: (rows: EncryptedRows, replicas: ReplicaKeys, keys: MasterKeyFile, store: ObjectStore) =>
        new KeyOverview({ rows, replicas, keys, store }),
    },
  ],
  exports: [KeyOverview],
})
export class KeyRotationModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(ReplicaKeys) private readonly replicas: ReplicaKeys,
    @Inject(Reencryption) private readonly reencryption: Reencryption,
  ) {}

  onApplicationBootstrap(): void {
    this.replicas.start();
    this.reencryption.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reencryption.stop();
  }

  /** After the API has answered its last request, which may have written a Secret. */
  async onApplicationShutdown(): Promise<void> {
    await this.replicas.stop();
  }
}
