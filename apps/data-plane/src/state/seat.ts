import type { KeyIndex } from '#libs/routing';
import type { BackendEntry, KeyPoolEntry } from '#libs/routing-table';
import type { BackendLoad } from './backend-loads.js';
import type { BreakerCell } from './breakers.js';
import type { ConnectionLimiter } from './connection-limiter.js';

/** The mutable state that attempts at a backend meet. */
export interface BackendSeat {
  readonly entry: BackendEntry;
  readonly pool: KeyPoolEntry;
  readonly breaker: BreakerCell;
  readonly keys: KeyIndex;
  readonly connections: ConnectionLimiter;
  readonly load: Pick<BackendLoad, 'inFlight'>;
}
