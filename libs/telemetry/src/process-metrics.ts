import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { metricNames } from './names.js';
import type { MetricsRegistry } from './metrics/registry.js';

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;
/** Each sample wakes the process: at 20 ms that costs 4 ms of CPU a second, at 100 ms a third of it. */
const LAG_RESOLUTION_MS = 100;
const GC_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak_callbacks',
};

/**
 * What any Node process can tell of itself, under the names that Prometheus clients use. Returns a function that ends the
 * observers, for processes that go on without it.
 */
export function registerProcessMetrics(registry: MetricsRegistry, version: string): () => void {
  const startedAt = Date.now() / 1000 - process.uptime();
  registry.counterFrom(metricNames.processCpu, 'User and system CPU time.', [], (observe) => {
    const { user, system } = process.cpuUsage();
    observe((user + system) / MICROSECONDS);
  });
  registry.gaugeFrom(metricNames.processResidentMemory, 'Resident memory.', [], (observe) =>
    observe(process.memoryUsage.rss()),
  );
  registry.gaugeFrom(metricNames.heapUsed, 'Used heap of the main thread.', [], (observe) =>
    observe(process.memoryUsage().heapUsed),
  );
  registry.gaugeFrom(metricNames.processStart, 'Start of the process, seconds since the epoch.', [], (observe) =>
    observe(startedAt),
  );
  registry.gaugeFrom(metricNames.buildInfo, 'Always 1; the labels tell what runs.', ['version', 'node'], (observe) =>
    observe(1, version, process.versions.node),
  );
  const endLag = observeEventLoopLag(registry);
  const endGc = observeGarbageCollection(registry);
  return () => {
    endLag();
    endGc();
  };
}

/** Node's histogram holds whole delays between timer ticks, the tick itself included: that is taken off. */
function observeEventLoopLag(registry: MetricsRegistry): () => void {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  registry.gaugeFrom(
    metricNames.eventLoopLag,
    '99th percentile of how late the event loop was since the last scrape.',
    [],
    (observe) => {
      observe(Math.max(0, delay.percentile(99) / NANOSECONDS - LAG_RESOLUTION_MS / 1000));
      delay.reset();
    },
  );
  return () => void delay.disable();
}

function observeGarbageCollection(registry: MetricsRegistry): () => void {
  const pauses = registry.histogram(metricNames.gcPause, 'Garbage collections by kind.', ['kind'], GC_BUCKETS);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) pauses.handle(kindOf(entry)).record(entry.duration / 1000);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

/** `detail` is there for entries of this type, though the types know it for none. */
function kindOf(entry: PerformanceEntry & { detail?: { kind?: number } }): string {
  return GC_KINDS[entry.detail?.kind ?? Number.NaN] ?? 'other';
}
