import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { registry } from '#libs/resources';
import { AuditKeys } from '../audit/audit-keys.js';
import type { DatabaseOptions } from '../database/data-source.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import { LogCompactor } from './log-compactor.js';
import { LogFollower } from './log-follower.js';
import { LogReader } from './log-reader.js';
import { ObjectCodec } from './object-codec.js';
import { PostgresObjectStore } from './postgres-object-store.js';
import { CHANGE_FEED, OBJECT_STORE } from './tokens.js';

const COMPACT_EVERY_MS = 60_000;

/** The object store, and its change feed, which follows the log from before anyone gets it injected. */
@Global()
@Module({
  providers: [
    {
      provide: OBJECT_STORE,
      useFactory: (dataSource: DataSource, keys: MasterKeyFile, auditKeys: AuditKeys) =>
        new PostgresObjectStore(dataSource, { keys, auditKeys }),
      inject: [DataSource, MasterKeyFile, AuditKeys],
    },
    {
      provide: LogFollower,
      useFactory: async (
        dataSource: DataSource,
        keys: MasterKeyFile,
        options: DatabaseOptions,
        store: PostgresObjectStore,
      ) => {
        const follower = new LogFollower(new LogReader(registry, new ObjectCodec(keys)), {
          url: options.url,
          lineage: options.lineage,
          query: (sql, parameters) => dataSource.query(sql, [...parameters]),
          onError: (error) => options.onError?.('log follower', error),
          onAnswer: () => options.onAnswer?.('log follower'),
        });
        await follower.start();
        store.onCommitted((transactions, lineage) => follower.committed(transactions, lineage));
        return follower;
      },
      inject: [DataSource, MasterKeyFile, DATABASE_OPTIONS, OBJECT_STORE],
    },
    { provide: CHANGE_FEED, useExisting: LogFollower },
    {
      provide: LogCompactor,
      useFactory: (dataSource: DataSource) => new LogCompactor(dataSource),
      inject: [DataSource],
    },
  ],
  exports: [OBJECT_STORE, CHANGE_FEED, LogFollower],
})
export class StoreModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #compaction: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly follower: LogFollower,
    private readonly compactor: LogCompactor,
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#compaction = this.compactor.compact().catch((error: Error) => this.options.onError?.('compaction', error));
    }, COMPACT_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#compaction, this.follower.stop()]);
  }
}
