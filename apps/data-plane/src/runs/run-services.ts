import type { Clock } from '#libs/clock';
import type { AnswerLimits } from '#libs/dialects';
import type { decide } from '#libs/routing';
import type { Logger } from '#libs/telemetry';
import type { Egress } from '../egress/egress.js';
import type { RequestIds } from '../record/request-ids.js';
import type { RoutingState } from '../state/routing-state.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { Transport } from '../upstream/transport.js';
import type { PinnedTables } from './pinned-table.js';

/** What every run shares. */
export interface RunServices {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** What a run does next; a parameter, so that tests can ask for what no policy can yet. */
  readonly decide: typeof decide;
  readonly transport: Transport;
  readonly ids: RequestIds;
  readonly tables: PinnedTables;
  readonly routing: RoutingState;
  readonly logger: Pick<Logger, 'error'>;
  readonly limits: AnswerLimits;
  /** The dialects of providers. */
  readonly egresses: readonly Egress[];
}
