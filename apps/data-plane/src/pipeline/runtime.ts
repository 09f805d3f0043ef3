import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import type { CredentialSource } from '../credentials/credential-source.js';
import { Breakers } from '../state/breakers.js';
import { CredentialHealth } from '../state/credential-health.js';
import { ConsumerLimiters } from '../state/consumer-limiter.js';
import { KeyLimiters } from '../state/key-limiter.js';
import { KeyQueue } from '../state/key-queue.js';
import { RetryBudgets } from '../state/retry-budgets.js';
import type { Random } from '../random.js';
import type { TableHolder } from '../table/table-view.js';
import { TimerWheel } from '../time/timer-wheel.js';
import type { Transport } from '../upstream/transport.js';
import { BackendStates } from '../state/backend-state.js';
import { PinnedTables } from '../state/pinned-table.js';
import { RequestIds } from '../record/request-ids.js';
import type { RequestRecord } from '../record/request-record.js';
import { RunningExchanges } from '../exchange/running.js';
import { Upkeep } from '../state/upkeep.js';

/** Told of every request: once when it starts, once when it has finished. Neither call waits or throws. */
export interface RequestObserver {
  started(): void;
  finished(record: RequestRecord): void;
}

/** Everything that the request path takes from outside. Nothing in it reads the environment, a clock or a generator. */
export interface RuntimeDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly tables: TableHolder;
  readonly credentials: CredentialSource;
  readonly observer: RequestObserver;
  readonly logger: Pick<Logger, 'warn' | 'info' | 'error'>;
  readonly limits?: Partial<RequestLimits>;
}

/** Sizes in bytes. */
export interface RequestLimits {
  readonly maxRequestBytes: number;
  /** Of an answer that is not a stream. */
  readonly maxAnswerBytes: number;
  /** Of one event of a stream. */
  readonly maxEventBytes: number;
  /** After this long without a first content, a stream's head and comments go out, to keep the client's connection alive. */
  readonly holdMs: number;
}

export const defaultLimits: RequestLimits = {
  maxRequestBytes: 32 * 1024 * 1024,
  maxAnswerBytes: 32 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  holdMs: 15_000,
};

/** What every request shares: where state lives and what it is made of. Made once a process. */
export interface Runtime {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly observer: RequestObserver;
  readonly logger: RuntimeDependencies['logger'];
  readonly limits: RequestLimits;
  readonly ids: RequestIds;
  readonly wheel: TimerWheel;
  readonly tables: PinnedTables;
  readonly breakers: Breakers;
  readonly credentials: CredentialHealth;
  readonly keyLimiters: KeyLimiters;
  readonly consumers: ConsumerLimiters;
  readonly queue: KeyQueue;
  readonly retryBudgets: RetryBudgets;
  /** Requests that have started and not finished. */
  readonly running: RunningExchanges;
}

export function createRuntime(dependencies: RuntimeDependencies): Runtime {
  const { clock, random, transport, tables, observer, logger } = dependencies;
  const wheel = new TimerWheel(clock);
  const breakers = new Breakers((id, phase) => {
    if (phase === 'Open') logger.warn({ breaker: id, phase }, 'breaker opened');
    else logger.info({ breaker: id, phase }, 'breaker moved');
  });
  const credentials = new CredentialHealth(dependencies.credentials, (alert) => {
    logger.warn(alert, 'the provider refuses this key; it is out until it is rotated');
  });
  const keyLimiters = new KeyLimiters();
  const consumers = new ConsumerLimiters();
  const queue = new KeyQueue();
  const retryBudgets = new RetryBudgets();
  const backends = new BackendStates(breakers, credentials, keyLimiters);
  const pinned = new PinnedTables(tables, { backends, consumers, queue, retryBudgets });
  const upkeep = new Upkeep(clock, pinned, credentials, [
    breakers.byId,
    credentials.byId,
    keyLimiters.byId,
    consumers.byId,
    retryBudgets.byId,
  ]);
  tables.onSwap(() => upkeep.swapped());
  upkeep.start();
  return {
    clock,
    transport,
    observer,
    logger,
    limits: { ...defaultLimits, ...dependencies.limits },
    ids: new RequestIds(random),
    wheel,
    tables: pinned,
    breakers,
    credentials,
    keyLimiters,
    consumers,
    queue,
    retryBudgets,
    running: new RunningExchanges(),
  };
}
