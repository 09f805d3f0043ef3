import { readFileSync } from 'node:fs';
import { createLogger, MetricsRegistry, registerProcessMetrics, startTelemetry } from '#libs/telemetry';
import { CurrentTable } from '../table/current-table.js';
import { RequestMetrics } from './request-metrics.js';
import { registerStateMetrics } from './state-metrics.js';

const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');

/** Rows of the page's tables under these headings, as they stand there. */
function rowsUnder(...headings: readonly string[]): string[] {
  const sections = page.split(/^## /m).filter((section) => headings.some((heading) => section.startsWith(heading)));
  return sections.flatMap((section) => section.match(/^\| `.*$/gm) ?? []);
}

it('lists every metric of the data plane with type, labels and meaning, and no other', async () => {
  const registry = new MetricsRegistry();
  const endProcessMetrics = registerProcessMetrics(registry, '1');
  const telemetry = await startTelemetry({
    serviceName: 'test',
    version: '1',
    instanceId: 'one',
    ratio: 0,
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: registry,
    export: false,
  });
  void new RequestMetrics(registry);
  registerStateMetrics(registry, {
    table: new CurrentTable(),
    breakers: () => [],
    pausedCredentials: () => [],
    keysInFlight: () => [],
    controlPlaneConnected: () => false,
    snapshotFailingForMs: () => 0,
  });
  endProcessMetrics();
  await telemetry.shutdown(1_000);

  const rows = registry.describe().map(({ name, type, labelNames, help }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
  });
  // Prettier pads the cells of a table.
  const unpadded = rowsUnder('Both planes', 'Data plane').map((row) => row.replaceAll(/ +/g, ' '));
  expect(new Set(unpadded)).toEqual(new Set(rows.map((row) => row.replaceAll(/ +/g, ' '))));
  expect(unpadded).toHaveLength(rows.length);
});
