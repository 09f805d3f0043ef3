import { type Entry, type EntryKind, canonicalJson, SCHEMA_VERSION, TableDigest } from '#libs/routing-table';
import { prepareTable } from '../../../apps/data-plane/src/table/prepare-table.js';
import type { Section } from '../report.js';
import { median } from '../statistics.js';

const sizes = [10, 1_000, 10_000];
const rounds = 7;
const lookups = 200_000;

/** Finding the route for a model name, among few and among many policies, in the table that the data plane serves from. */
export const matching: Section = {
  name: 'matching',
  async run(progress) {
    const rows: (string | number)[][] = [];
    for (const size of sizes) {
      progress(`${size} policies`);
      const entries = policies(size);
      const startedMs = performance.now();
      const table = await prepareTable({
        schemaVersion: SCHEMA_VERSION,
        revision: 1,
        version: TableDigest.of(entries).version,
        upserts: entries,
        removals: [],
      });
      const preparedMs = performance.now() - startedMs;
      const cost = (nameOf: (index: number) => string): number => {
        const names = Array.from({ length: 1_024 }, (_, index) => nameOf(index % size));
        const samples = Array.from({ length: rounds }, () => {
          const beganMs = performance.now();
          for (let index = 0; index < lookups; index += 1) {
            if (!table.route('default', names[index & 1_023] ?? '', {})) throw new Error('no route found');
          }
          return ((performance.now() - beganMs) * 1e6) / lookups;
        });
        return median(samples);
      };
      rows.push([size, cost((index) => `model-${index}`), cost((index) => `family-${index}-large`), preparedMs]);
    }
    return {
      title: 'Matching',
      method: `One route lookup by model name in the served table, medians of ${rounds} rounds of ${lookups}.`,
      columns: ['policies', 'exact name ns', 'glob ns', 'table prepared ms'],
      rows,
      figures: { rows },
    };
  },
};

/** Every policy claims one exact name and one glob. */
function policies(count: number): Entry[] {
  const entry = (kind: EntryKind, key: string, value: object): Entry => ({ kind, key, bytes: canonicalJson(value) });
  return Array.from({ length: count }, (_, index) => {
    const route = `default/policy-${index}`;
    const match = (pattern: string) =>
      entry('Match', `default/${pattern}`, { namespace: 'default', pattern, candidates: [{ route }] });
    return [
      match(`model-${index}`),
      match(`family-${index}-*`),
      entry('Route', route, {
        namespace: 'default',
        name: `policy-${index}`,
        rules: [{ name: 'all', backends: [], fallbacks: [] }],
        retry: {
          maxAttempts: 3,
          maxRetryAfterMs: 20_000,
          backoff: { baseMs: 200, factor: 2, maxMs: 8_000, jitter: 'Full' },
          budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
          rules: [],
        },
        timeouts: {},
      }),
    ];
  }).flat();
}
