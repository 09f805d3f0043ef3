import type { Clock } from '#libs/clock';
import type { AnswerLimits } from '#libs/dialects';
import { decide } from '#libs/routing';
import type { Logger } from '#libs/telemetry';
import type { CredentialSource } from '../credentials/credential-source.js';
import { ConsumerLimiters } from '../state/consumer-limiter.js';
import type { Random } from '../random.js';
import type { TableHolder } from '../table/table-view.js';
import { TimerWheel } from '../time/timer-wheel.js';
import type { Transport } from '../upstream/transport.js';
import { BackendStates } from '../state/backend-state.js';
import type { Egress } from '../egress/egress.js';
import { egresses } from '../egress/registry.js';
import { surfaces } from '../surfaces/registry.js';
import type { Surfaces } from '../surfaces/served-at.js';
import type { Exchange, ExchangeLimits, ExchangeServices, RequestObserver } from '../exchange/exchange.js';
import { PinnedTables } from '../runs/pinned-table.js';
import type { RunServices } from '../runs/run-services.js';
import { RequestIds } from '../record/request-ids.js';
import { RunningList } from '../exchange/running.js';
import type { StateListener } from '../state/events.js';
import { RoutingState } from '../state/routing-state.js';
import { Upkeep } from '../state/upkeep.js';

/** Everything that the request path takes from outside. Nothing in it reads the environment, a clock or a generator. */
export interface RuntimeDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly tables: TableHolder;
  readonly credentials: CredentialSource;
  readonly observer: RequestObserver;
  readonly onStateEvent: StateListener;
  readonly logger: Pick<Logger, 'warn' | 'info' | 'error'>;
  readonly limits?: Partial<RequestLimits>;
  /** Instead of all that this data plane speaks: tests bring a dialect of their own. */
  readonly surfaces?: Surfaces;
  readonly egresses?: readonly Egress[];
  /** Instead of routing's own: tests ask for what no policy can yet. */
  readonly decide?: typeof decide;
}

/** Sizes in bytes. */
export interface RequestLimits extends ExchangeLimits, AnswerLimits {
  readonly maxRequestBytes: number;
}

export const defaultLimits: RequestLimits = {
  maxRequestBytes: 32 * 1024 * 1024,
  maxAnswerBytes: 32 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  holdMs: 15_000,
  writeTimeoutMs: 60_000,
};

/** What every request shares: where state lives and what it is made of. Made once a process. */
export interface Runtime extends RunServices, ExchangeServices {
  readonly logger: RuntimeDependencies['logger'];
  readonly limits: RequestLimits;
  readonly consumers: ConsumerLimiters;
  /** The dialects of clients. */
  readonly surfaces: Surfaces;
}

export function createRuntime(dependencies: RuntimeDependencies): Runtime {
  const { clock, random, transport, tables, observer, logger } = dependencies;
  const wheel = new TimerWheel(clock);
  const routing = new RoutingState(dependencies.credentials, dependencies.onStateEvent);
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
    decide: dependencies.decide ?? decide,
    transport,
    observer,
    logger,
    limits: { ...defaultLimits, ...dependencies.limits },
    ids: new RequestIds(random),
    wheel,
    tables: pinned,
    routing,
    consumers,
    surfaces: dependencies.surfaces ?? surfaces,
    egresses: dependencies.egresses ?? egresses,
    running: new RunningList<Exchange>(),
  };
}
