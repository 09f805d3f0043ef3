import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '#migrations';
import { MetaRow } from './meta.entity.js';

export interface DatabaseOptions {
  /** `postgres://user:password@host/database`; a unix socket by `?host=/directory`. Never logged. */
  readonly url: string;
  readonly applicationName?: string;
  readonly poolSize?: number;
  /** Tables of the modules that use this database, beside `meta`. */
  readonly entities?: readonly (new () => object)[];
  /**
   * Told of every lost connection and failed attempt of what runs by itself (the pool's idle connections, the follower,
   * the election, compaction). Each of them tries again; nothing has to be done but to log it.
   */
  readonly onError?: (where: string, error: Error) => void;
}

/**
 * The pool of the commit path and of reads. A replica that freezes inside a transaction would hold the revision counter
 * and stop every other writer, so the server ends such a session after 10 s; nobody waits for a lock longer than that.
 */
export function createDataSource(options: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: options.applicationName ?? 'signalbox',
    entities: [MetaRow, ...(options.entities ?? [])],
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Its queries carry whole documents; what failed is told by the errors.
    logging: false,
    installExtensions: false,
    poolSize: options.poolSize ?? 16,
    connectTimeoutMS: 5_000,
    poolErrorHandler: (error: Error) => options.onError?.('connection pool', error),
    extra: {
      // Statements of one connection are sent without waiting for the answer to the one before.
      pipeline: true,
      // For its whole life: while the pool hands a connection over, neither of them listens, and a server that dies in
      // that moment would end the process. Whoever uses the connection gets its error.
      onConnect: (client: ClientBase) => void client.on('error', () => {}),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 10_000,
    },
  });
}
