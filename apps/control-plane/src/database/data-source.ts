import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import type { MetricsRegistry } from '#libs/telemetry';
import { migrations } from '#migrations';
import { MetaRow } from './meta.entity.js';
import { GuardedClient } from './sessions/guarded-client.js';
import { sessionLimits } from './sessions/limits.js';
import type { LineageListener } from './sessions/lineage.js';
import { prepareSession } from './sessions/prepare-session.js';

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
  /** Told by the follower and the election that the database answers them; most of the time that is no news. */
  readonly onAnswer?: (where: string) => void;
  readonly lineage?: LineageListener;
  /** Shows how large the tables are. */
  readonly metrics?: MetricsRegistry;
}

/**
 * The pool of the commit path and of reads: its connections answer in time or are given up (see sessions/limits.ts). A
 * `patient` one waits for an answer as long as it takes.
 */
export function createDataSource(options: DatabaseOptions, { patient = false } = {}): DataSource {
  const { silenceMs, lockMs, idleInTransactionMs, connectMs, keepAliveAfterMs } = sessionLimits;
  const lineage = options.lineage ?? { changed: () => {}, unknown: () => {} };
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
    connectTimeoutMS: connectMs,
    poolErrorHandler: (error: Error) => options.onError?.('connection pool', error),
    extra: {
      // Statements of one connection are sent without waiting for the answer to the one before.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      lock_timeout: lockMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      Client: GuardedClient,
      ...(!patient && { silenceMs, siblings: new Set<GuardedClient>() }),
      onConnect: (client: ClientBase) => prepareSession(client, lineage),
    },
  });
}
