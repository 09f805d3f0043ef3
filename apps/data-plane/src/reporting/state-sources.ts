import { phaseAt } from '#libs/routing';
import type { Runtime } from '../pipeline/runtime.js';
import type { TableHolder } from '../table/table-view.js';
import type { StateSources } from './state-metrics.js';

/** The pipeline's state as the metrics see it, and how the table is kept. */
export function stateSources(
  runtime: Pick<Runtime, 'clock' | 'routing'>,
  table: TableHolder,
  sync: Pick<StateSources, 'controlPlaneConnected' | 'snapshotFailingForMs'>,
): StateSources {
  return {
    table,
    ...sync,
    *breakers() {
      const nowMs = runtime.clock.nowMs();
      for (const [id, { state }] of runtime.routing.breakers.byId.entries()) yield { id, phase: phaseAt(state, nowMs) };
    },
    *pausedCredentials() {
      const nowMs = runtime.clock.nowMs();
      for (const [id, state] of runtime.routing.credentials.byId.entries()) {
        // One series a credential: what keeps it from all models, else the longest of what keeps it from some.
        let untilMs = state.all.untilMs;
        if (untilMs <= nowMs) for (const [, pause] of state.pauses()) untilMs = Math.max(untilMs, pause.untilMs);
        if (untilMs > nowMs) yield { id, remainingMs: untilMs - nowMs };
      }
    },
    *keysInFlight() {
      for (const [id, { inFlight }] of runtime.routing.keyLimiters.byId.entries()) yield { id, inFlight };
    },
  };
}
