import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import type { CredentialSource } from '../credentials/credential-source.js';
import { ConsumerLimiters } from '../state/consumer-limiter.js';
import type { Random } from '../random.js';
import type { TableHolder } from '../table/table-view.js';
import { TimerWheel } from '../time/timer-wheel.js';
import type { Transport } from '../upstream/transport.js';
import { BackendStates } from '../state/backend-state.js';
import { PinnedTables } from '../state/pinned-table.js';
import { RequestIds } from '../record/request-ids.js';
import type { RequestRecord } from '../record/request-record.js';
import { RunningExchanges } from '../exchange/running.js';
import type { StateListener } from '../state/events.js';
import { RoutingState } from '../state/routing-state.js';
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

/** The lines of the log that state is worth. */
function stateLog(logger: RuntimeDependencies['logger']): StateListener {
  return (event) => {
    switch (event.type) {
      case 'BreakerOpened': {
        const { breaker, cause, openings } = event;
        return logger.warn({ breaker, class: cause.errorClass, code: cause.code, openings }, 'breaker opened');
      }
      case 'BreakerProbes':
      case 'BreakerClosed':
        return logger.info({ breaker: event.breaker, phase: event.type }, 'breaker moved');
      case 'KeyRests': {
        const { key, code, cause } = event;
        const { name, ...which } = key;
        if (cause === 'Auth') {
          const text = 'the provider refuses this key; it is out until it is rotated';
          return logger.warn({ ...which, key: name, code }, text);
        }
        const text = 'the quota of this key is used up; after its rest one request at a time tries it';
        return cause === 'QuotaExhausted' ? logger.warn({ ...which, key: name, code }, text) : undefined;
      }
      case 'KeyBack': {
        const { name, ...which } = event.key;
        if (event.cause !== 'RateLimited') logger.info({ ...which, key: name, by: event.by }, 'key is back');
      }
    }
  };
}

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
  readonly routing: RoutingState;
  readonly consumers: ConsumerLimiters;
  /** Requests that have started and not finished. */
  readonly running: RunningExchanges;
}

export function createRuntime(dependencies: RuntimeDependencies): Runtime {
  const { clock, random, transport, tables, observer, logger } = dependencies;
  const wheel = new TimerWheel(clock);
  const routing = new RoutingState(dependencies.credentials, stateLog(logger));
  const consumers = new ConsumerLimiters();
  const pinned = new PinnedTables(tables, { backends: new BackendStates(routing), consumers, routing });
  const upkeep = new Upkeep(clock, pinned, routing.credentials, [
    routing.breakers.byId,
    routing.credentials.byId,
    routing.keyLimiters.byId,
    routing.retryBudgets.byId,
    consumers.byId,
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
    routing,
    consumers,
    running: new RunningExchanges(),
  };
}
