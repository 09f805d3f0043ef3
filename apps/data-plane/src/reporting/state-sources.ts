import type { Runtime } from '../pipeline/runtime.js';
import type { TableHolder } from '../table/table-view.js';
import type { StateSources } from './state-metrics.js';

/** The pipeline's state as the metrics see it, and how the table is kept. */
export function stateSources(
  runtime: Pick<Runtime, 'breakers' | 'clock' | 'credentials' | 'keyLimiters'>,
  table: TableHolder,
  sync: Pick<StateSources, 'controlPlaneConnected' | 'snapshotFailingForMs'>,
): StateSources {
  return {
    table,
    ...sync,
    *breakers() {
      for (const [id, { state }] of runtime.breakers.byId.entries()) yield { id, phase: state.phase };
    },
    *pausedCredentials() {
      const nowMs = runtime.clock.nowMs();
      for (const [id, { cooldown }] of runtime.credentials.byId.entries()) {
        if (cooldown.untilMs > nowMs) yield { id, remainingMs: cooldown.untilMs - nowMs };
      }
    },
    *keysInFlight() {
      for (const [id, { inFlight }] of runtime.keyLimiters.byId.entries()) yield { id, inFlight };
    },
  };
}
