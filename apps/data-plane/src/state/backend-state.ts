import { type Candidate, KeyIndex } from '#libs/routing';
import type { BackendEntry, KeyPoolEntry } from '#libs/routing-table';
import type { BackendLoad } from './backend-loads.js';
import type { BreakerCell } from './breakers.js';
import { type ConnectionLimiter, connectionsId } from './connection-limiter.js';
import type { RoutingState } from './routing-state.js';
import type { BackendSeat } from './seat.js';
import type { UpstreamTarget } from '../upstream/transport.js';

/**
 * Everything about a backend that attempts need and that doesn't change while its entries don't: where it is, what is
 * sent to it always, its breaker, and its keys' index. Shared by all tables that hold the very same entries.
 */
export class BackendState implements BackendSeat {
  readonly entry: BackendEntry;
  readonly pool: KeyPoolEntry;
  readonly provider: string;
  readonly target: UpstreamTarget;
  /** Of the base URL, without a trailing slash: operations append theirs. */
  readonly basePath: string;
  readonly serverAddress: string;
  readonly serverPort: number;
  /** Names and values in turn: what every request to it carries, besides the credential. */
  readonly headers: readonly string[];
  readonly breaker: BreakerCell;
  readonly keys: KeyIndex;
  readonly connections: ConnectionLimiter;
  readonly load: BackendLoad;
  /** Pinned tables that use it. */
  tables = 0;

  constructor(candidate: Candidate, state: RoutingState) {
    const { backend, entry, pool } = candidate;
    const url = new URL(entry.baseURL);
    this.entry = entry;
    this.pool = pool;
    this.provider = `${entry.namespace}/${entry.provider}`;
    this.target = {
      id: connectionsId(entry),
      origin: url.origin,
      allowPrivateNetwork: entry.allowPrivateNetwork,
      maxConnections: entry.connections.max,
    };
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.serverAddress = url.hostname;
    this.serverPort = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    this.headers = [
      'content-type',
      'application/json',
      // A compressed answer could be neither scanned nor capped by its length.
      'accept-encoding',
      'identity',
      'user-agent',
      'signalbox',
      ...entry.headers.flatMap(({ name, value }) => [name, value]),
    ];
    this.breaker = state.breakers.of(entry);
    this.connections = state.connections.acquire(this.target.id);
    this.load = state.loads.acquire(backend, entry);
    this.keys = new KeyIndex(pool, entry.model);
  }
}

/** The backends that pinned tables use, by key: a swap that leaves an entry alone leaves its index alone. */
export class BackendStates {
  private readonly current = new Map<string, BackendState>();
  private readonly state: RoutingState;

  constructor(state: RoutingState) {
    this.state = state;
  }

  acquire(candidate: Candidate): BackendState {
    let state = this.find(candidate);
    if (state === undefined) {
      state = new BackendState(candidate, this.state);
      this.state.credentials.watch(state.keys, state.entry, state.pool);
      this.state.keyLimiters.watch(state.keys, state.pool);
      this.current.set(candidate.backend, state);
    }
    state.tables += 1;
    return state;
  }

  /** The state of these very entries, if they are in use. */
  find({ backend, entry, pool }: Candidate): BackendState | undefined {
    const state = this.current.get(backend);
    return state?.entry === entry && state.pool === pool ? state : undefined;
  }

  release(backend: string, state: BackendState): void {
    state.tables -= 1;
    if (state.tables > 0) return;
    this.state.credentials.unwatch(state.keys, state.pool);
    this.state.keyLimiters.unwatch(state.keys, state.pool);
    this.state.connections.release(state.connections);
    this.state.loads.release(state.load);
    if (this.current.get(backend) === state) this.current.delete(backend);
  }
}
