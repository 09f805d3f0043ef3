import { type MetricsRegistry, metricLabels, metricNames } from '#libs/telemetry';
import type { TableHolder } from '../table/table-view.js';

/** What the rest of the data plane lets the metrics read when they are asked for. */
export interface StateSources {
  readonly table: TableHolder;
  /** The breakers that have been used. */
  breakers(): Iterable<{ readonly id: string; readonly phase: 'Closed' | 'HalfOpen' | 'Open' }>;
  /** Credentials that are paused now, with the milliseconds left (Infinity: until they are rotated). */
  pausedCredentials(): Iterable<{ readonly id: string; readonly remainingMs: number }>;
  /** Upstream calls in flight by quota group. */
  keysInFlight(): Iterable<{ readonly id: string; readonly inFlight: number }>;
  controlPlaneConnected(): boolean;
  /** For how long the last good table could not be written to the disk; 0: it can. */
  snapshotFailingForMs(): number;
}

const PHASES = { Closed: 0, HalfOpen: 1, Open: 2 } as const;

/** Gauges over state that lives elsewhere: read at the scrape, so that the hot path pays nothing for them. */
export function registerStateMetrics(registry: MetricsRegistry, sources: StateSources): void {
  const swaps = registry.counter(metricNames.tableSwaps, 'Routing tables that began to serve.').handle();
  sources.table.onSwap(() => swaps.add(1));
  registry.gaugeFrom(
    metricNames.tableRevision,
    'Revision of the configuration that is served; absent: no table yet.',
    [],
    (observe) => {
      const table = sources.table.current;
      if (table) observe(table.revision);
    },
  );
  registry.gaugeFrom(
    metricNames.controlPlaneConnected,
    '1 while the stream to a control plane is up; the last table serves on without it.',
    [],
    (observe) => observe(sources.controlPlaneConnected() ? 1 : 0),
  );
  registry.gaugeFrom(
    metricNames.snapshotFailing,
    'For how long the snapshot could not be written, so that a restart would serve an older table; 0: it can.',
    [],
    (observe) => observe(sources.snapshotFailingForMs() / 1000),
  );
  registry.gaugeFrom(
    metricNames.breakerState,
    'Circuit breakers: 0 closed, 1 half-open, 2 open.',
    metricLabels.breaker,
    (observe) => {
      for (const { id, phase } of sources.breakers()) if (phase !== 'Closed') observe(PHASES[phase], id);
      for (const { id, phase } of sources.breakers()) if (phase === 'Closed') observe(PHASES.Closed, id);
    },
    Math.max,
  );
  registry.gaugeFrom(
    metricNames.credentialCooldown,
    'Seconds for which a credential is still paused; +Inf: until it is rotated. Others are absent.',
    metricLabels.credential,
    (observe) => {
      for (const { id, remainingMs } of sources.pausedCredentials()) observe(remainingMs / 1000, id);
    },
    Math.max,
  );
  registry.gaugeFrom(
    metricNames.keysInFlight,
    'Upstream calls in flight by the quota group of their key.',
    metricLabels.quotaGroup,
    (observe) => {
      for (const { id, inFlight } of sources.keysInFlight()) if (inFlight > 0) observe(inFlight, id);
      for (const { id, inFlight } of sources.keysInFlight()) if (inFlight === 0) observe(0, id);
    },
  );
}
