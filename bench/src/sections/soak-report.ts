import type { SectionReport } from '../report.js';
import { slopeOf } from '../slope.js';
import type { HeapSample } from '../soak/heap-probe.js';

export interface SoakSeen {
  readonly minutes: number;
  /** After the warm-up. */
  readonly samples: readonly HeapSample[];
  readonly swaps: number;
  /** Requests a second. */
  readonly rates: { readonly plain: number; readonly streams: number };
  readonly completed: number;
  /** Not answered whole. */
  readonly failed: number;
  /** Of the upstreams, that a retry may hide. */
  readonly faults: number;
  /** Of the upstreams, after the first content: the client must be told. */
  readonly cuts: number;
  readonly held: { readonly count: number; readonly lost: number };
  readonly slow: { readonly whole: number; readonly cut: number };
}

const mib = (bytes: number): number => bytes / 2 ** 20;

export function soakReport(seen: SoakSeen): SectionReport {
  const { samples, held, slow } = seen;
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) throw new Error('a soak without samples');
  const perMinute = (of: (sample: HeapSample) => number) =>
    slopeOf(samples.map((sample) => [(sample.atMs - first.atMs) / 60_000, of(sample) / 1_024]));
  const heap = perMinute(({ heapBytes }) => heapBytes);
  const external = perMinute(({ externalBytes }) => externalBytes);
  const resident = samples.map(({ residentBytes }) => mib(residentBytes));
  const failedShare = Math.max(0, seen.failed - seen.cuts) / (seen.completed + seen.failed);
  const slopeText = ({ slope, low, high }: typeof heap): string =>
    `${slope.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
  const rows: [string, string | number][] = [
    ['requests answered whole', seen.completed],
    ['requests a second, plain and streams', `${Math.round(seen.rates.plain)} and ${Math.round(seen.rates.streams)}`],
    ['faults of the upstreams before a content', seen.faults],
    ['streams that the upstreams cut', seen.cuts],
    ['requests not answered whole', seen.failed],
    ['tables swapped', seen.swaps],
    ['held streams, lost', `${held.count}, ${held.lost}`],
    ['long streams read slowly: whole, cut', `${slow.whole}, ${slow.cut}`],
    [
      'heap after collections, first and last MiB',
      `${mib(first.heapBytes).toFixed(2)}, ${mib(last.heapBytes).toFixed(2)}`,
    ],
    ['heap slope, KiB a minute (95% interval)', slopeText(heap)],
    ['outside of the heap, KiB a minute (95% interval)', slopeText(external)],
    [
      'RSS MiB: first, highest, last',
      [resident[0]!, Math.max(...resident), resident.at(-1)!].map(Math.round).join(', '),
    ],
  ];
  return {
    title: 'Soak',
    method: `${seen.minutes} minutes at half the highest rate, faults on, a table a second, slow readers and held streams beside; ${samples.length} looks at the heap after the warm-up.`,
    columns: ['', ''],
    rows,
    figures: { ...seen, samples: undefined, heap, external, residentMiB: resident },
    budgets: [
      {
        name: 'heap slope: how far 0 is outside of its 95% interval, KiB a minute',
        value: Math.max(0, heap.low, -heap.high),
        limit: 0,
      },
      { name: 'held streams lost', value: held.lost, limit: 0 },
      { name: 'slow readers cut', value: slow.cut, limit: 0 },
      { name: 'share of requests that failed without being cut upstream', value: failedShare, limit: 0.0001 },
    ],
  };
}
