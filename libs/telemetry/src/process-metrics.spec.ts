import { eventually } from '#libs/testing';
import { MetricsRegistry, metricNames, registerProcessMetrics } from './index.js';

it('tells CPU, memory, lag and garbage collections of this process', async () => {
  const registry = new MetricsRegistry();
  const end = registerProcessMetrics(registry, '1.2.3');
  try {
    const value = (name: string): number =>
      Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(registry.expose())?.[1] ?? Number.NaN);
    expect(value(metricNames.processCpu)).toBeGreaterThan(0);
    expect(value(metricNames.processResidentMemory)).toBeGreaterThan(1e6);
    expect(value(metricNames.heapUsed)).toBeGreaterThan(1e5);
    expect(value(metricNames.processStart) * 1000).toBeLessThanOrEqual(Date.now());
    expect(value(metricNames.eventLoopLag)).toBeGreaterThanOrEqual(0);
    expect(registry.expose()).toContain(`signalbox_build_info{version="1.2.3",node="${process.versions.node}"} 1`);
    let kept: unknown[] = [];
    await eventually(() => {
      kept = Array.from({ length: 100_000 }, () => ({}));
      return value(`${metricNames.gcPause}_count`) > 0;
    });
    expect(kept).toHaveLength(100_000);
  } finally {
    end();
  }
});
