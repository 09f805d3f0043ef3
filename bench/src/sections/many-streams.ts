import { setTimeout as sleep } from 'node:timers/promises';
import { HeldLoad } from '../load/held-load.js';
import { type MeasuredProxy, startProxies } from '../proxies/measured-proxies.js';
import { naiveBare, production } from '../proxies/variants.js';
import { processorTimeUs, residentBytes } from '../processor-time.js';
import type { Section, SectionReport } from '../report.js';
import { chosen } from '../settings.js';
import { shuffled, type Spread, spreadOf } from '../statistics.js';

/** Chunks a second of all streams together: 32 streams with 5 ms between chunks. */
const perSecond = 6_400;
const sizes = [32, 256, 2_000];
const settleMs = 1_500;
/** Of the steps that a round measures one size for: long enough for every stream to have its turn. */
const windowRounds = 3;
/** What a chunk among many streams may cost, times one among the fewest. */
const limit = 1.1;

interface Sample {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly residentMiB: number;
}

/** Whether a chunk costs as much among 2,000 streams as among 32, at one rate of chunks for all. */
export const manyStreams: Section = {
  name: 'streams',
  async run(progress, settings) {
    const proxies = await startProxies(chosen([naiveBare, production], settings.variants), settings.nodeOptions);
    try {
      const rounds = Math.max(1, Math.round(settings.rounds / windowRounds));
      const windowMs = settings.roundMs * windowRounds;
      const turns = proxies.list.flatMap((proxy) => sizes.map((size) => ({ proxy, size, samples: [] as Sample[] })));
      for (let round = 0; round < rounds; round += 1) {
        progress(`round ${round + 1} of ${rounds}`);
        for (const { proxy, size, samples } of shuffled(turns)) samples.push(await sample(proxy, size, windowMs));
      }
      return report(turns, `${rounds} rounds of ${windowMs} ms`);
    } finally {
      await proxies.stop();
    }
  },
};

async function sample(proxy: MeasuredProxy, size: number, windowMs: number): Promise<Sample> {
  const load = new HeldLoad(proxy.target('bench-shared-rate', true));
  try {
    await load.open(size);
    await sleep(settleMs);
    const before = processorTimeUs(proxy.pid);
    const counted = load.chunks;
    const startedMs = performance.now();
    await sleep(windowMs);
    const cpuUs = processorTimeUs(proxy.pid) - before;
    const chunks = load.chunks - counted;
    if (load.lost > 0) throw new Error(`${proxy.name}: ${load.lost} of ${size} streams ended`);
    return {
      cpuUs: cpuUs / chunks,
      perSecond: (chunks * 1_000) / (performance.now() - startedMs),
      residentMiB: residentBytes(proxy.pid) / 2 ** 20,
    };
  } finally {
    load.close();
    await sleep(settleMs);
  }
}

interface Turn {
  readonly proxy: MeasuredProxy;
  readonly size: number;
  readonly samples: readonly Sample[];
}

function report(turns: readonly Turn[], rounds: string): SectionReport {
  const rows = turns.map((turn) => {
    const fewest = turns.find(({ proxy, size }) => proxy === turn.proxy && size === sizes[0]);
    const naive = turns.find(({ proxy, size }) => proxy.name === naiveBare.name && size === turn.size);
    const figure = (of: (sample: Sample) => number): number => spreadOf(turn.samples.map(of)).median;
    return {
      variant: turn.proxy.name,
      streams: turn.size,
      cpuUs: figure(({ cpuUs }) => cpuUs),
      ratio: pairedRatio(turn, fewest),
      ratioToNaive: pairedRatio(turn, naive),
      perSecond: figure(({ perSecond }) => perSecond),
      residentMiB: figure(({ residentMiB }) => residentMiB),
    };
  });
  return {
    title: 'CPU time a chunk, by streams',
    method: `Streams that never end and get ${perSecond} chunks a second together, ${rounds} in shuffled order; medians, ratios pair the rounds (quartiles in brackets).`,
    columns: ['variant', 'streams', 'CPU us a chunk', `x ${sizes[0]} streams`, 'x naive', 'chunks/s', 'RSS MiB'],
    rows: rows.map(({ variant, streams, cpuUs, ratio, ratioToNaive, perSecond, residentMiB }) => [
      variant,
      streams,
      cpuUs,
      `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)})`,
      ratioToNaive.median.toFixed(2),
      Math.round(perSecond),
      Math.round(residentMiB),
    ]),
    figures: { rows, rounds },
    budgets: rows
      .filter(({ variant, streams }) => variant === production.name && streams !== sizes[0])
      .map(({ streams, ratio }) => ({ name: `a chunk among ${streams}, x ${sizes[0]}`, value: ratio.median, limit })),
  };
}

function pairedRatio(turn: Turn, base: Turn | undefined): Spread {
  return spreadOf(turn.samples.map(({ cpuUs }, round) => cpuUs / (base?.samples[round]?.cpuUs ?? Number.NaN)));
}
