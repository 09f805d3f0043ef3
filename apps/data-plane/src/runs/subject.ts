import type { ClientRequest } from '#libs/dialects';
import type { PreparedRoute, RequestFacts } from '#libs/routing';
import type { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import type { Surface } from '../surfaces/surface.js';
import type { PinnedTable } from './pinned-table.js';

/** What a run is about. Fixed when it is made. */
export interface RunSubject {
  /** Held by the run until it has ended: its retries see no newer one. */
  readonly table: PinnedTable;
  readonly consumer: AuthenticatedConsumer;
  /** How the client speaks. */
  readonly surface: Surface;
  readonly request: ClientRequest;
  readonly route: PreparedRoute;
  readonly facts: RequestFacts;
  /** 32 random bits, for the choices of this run. */
  readonly seed: number;
}
