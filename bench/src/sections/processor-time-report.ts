import { streamAnswer } from '../load/payloads.js';
import { naiveBare, production, variants } from '../proxies/variants.js';
import type { Budget, SectionReport } from '../report.js';
import type { Settings } from '../settings.js';
import { median, percentile, type Spread, spreadOf } from '../statistics.js';

/** One variant's turn in one round. */
export interface Round {
  /** A request's. */
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
  readonly residentMiB: number;
  /** Of the measured core, what others used meanwhile. */
  readonly foreignShare: number;
}

/** What is sent. */
export interface Workload {
  readonly name: string;
  readonly model: string;
  readonly stream: boolean;
  /** Its chunks come slowly. */
  readonly isPaced: boolean;
}

/** By workload, then by variant; the rounds of two variants pair by their index. */
export type Rounds = ReadonlyMap<Workload, ReadonlyMap<string, readonly Round[]>>;

interface Row {
  readonly workload: string;
  readonly variant: string;
  readonly cpuUs: number;
  readonly cpuUsAChunk: number | undefined;
  /** Against the naive bare in the same rounds, medians of the rounds' own figures. */
  readonly ratio: Spread;
  readonly ratioToSplice: Spread | undefined;
  readonly ratioToProduction: Spread | undefined;
  readonly p50: Spread;
  readonly p99: Spread;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentMiB: number;
}

const chunksAStream = streamAnswer(true).length;
const splicing = 'splicing bare';

export function processorTimeReport(
  rounds: Rounds,
  seen: {
    readonly settings: Settings;
    readonly pinned: boolean;
    /** Turns taken again, because others used the core. */
    readonly repeats: number;
    readonly exported: Readonly<Record<string, number>>;
  },
): SectionReport {
  const { settings, pinned, repeats, exported } = seen;
  const disturbed = Math.max(
    ...[...rounds.values()].flatMap((turns) => [...turns.values()].flat().map(({ foreignShare }) => foreignShare)),
  );
  const rows = [...rounds].flatMap(([workload, byVariant]) =>
    [...byVariant.keys()].map((variant) => rowOf(workload, variant, byVariant)),
  );
  const sent = Object.entries(exported).map(([name, bytes]) => `${name}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return {
    title: 'CPU time a request',
    method:
      `2 KB requests over ${settings.connections} keep-alive connections, ${settings.rounds} rounds of ${settings.roundMs} ms a variant in shuffled order; ` +
      `medians; ratios pair the rounds (quartiles in brackets); metrics and limits on; ${pinned ? `the measured process had a core of its own, of which others used at most ${Math.round(disturbed * 100)}% in a turn that counts (${repeats} were taken again)` : 'processes not pinned'}. ` +
      `Traces exported: ${sent.join(', ')}.`,
    columns: [
      'workload',
      'variant',
      'CPU us (a chunk)',
      'x naive',
      'x splicing',
      'x ratio 0.05',
      'requests/s',
      'p50 ms (x naive)',
      'p99 ms (x naive)',
      'RSS MiB',
    ],
    rows: rows.map((row) => [
      row.workload,
      row.variant,
      row.cpuUs.toFixed(1) + (row.cpuUsAChunk === undefined ? '' : ` (${row.cpuUsAChunk.toFixed(1)})`),
      text(row.ratio),
      row.ratioToSplice?.median.toFixed(2) ?? '',
      row.ratioToProduction?.median.toFixed(2) ?? '',
      Math.round(row.perSecond),
      `${row.p50Ms.toFixed(2)} (${row.p50.median.toFixed(2)})`,
      `${row.p99Ms.toFixed(2)} (${row.p99.median.toFixed(2)})`,
      Math.round(row.residentMiB),
    ]),
    figures: { rows, pinned, repeats, disturbed, exported, settings },
    budgets: budgetsOf(rows),
  };
}

function rowOf(workload: Workload, variant: string, byVariant: ReadonlyMap<string, readonly Round[]>): Row {
  const own = byVariant.get(variant) ?? [];
  const paired = (base: string, figure: (round: Round) => number): Spread | undefined => {
    const others = byVariant.get(base);
    if (others === undefined || base === variant) return undefined;
    return spreadOf(own.map((round, index) => figure(round) / figure(others[index]!)));
  };
  const cpu = ({ cpuUs }: Round): number => cpuUs;
  const p50 = ({ latenciesMs }: Round): number => median(latenciesMs);
  const p99 = ({ latenciesMs }: Round): number => percentile(latenciesMs, 0.99);
  const middle = (figure: (round: Round) => number): number => median(own.map(figure));
  return {
    workload: workload.name,
    variant,
    cpuUs: middle(cpu),
    cpuUsAChunk: workload.stream ? middle(cpu) / chunksAStream : undefined,
    ratio: paired(naiveBare.name, cpu) ?? one,
    ratioToSplice: paired(splicing, cpu),
    ratioToProduction: paired(production.name, cpu),
    p50: paired(naiveBare.name, p50) ?? one,
    p99: paired(naiveBare.name, p99) ?? one,
    perSecond: middle(({ perSecond }) => perSecond),
    p50Ms: middle(p50),
    p99Ms: middle(p99),
    residentMiB: middle(({ residentMiB }) => residentMiB),
  };
}

const one: Spread = { median: 1, low: 1, high: 1 };

const text = ({ median, low, high }: Spread): string => `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;

/** What is promised, by workload: times the naive bare's CPU. What is only published has none. */
const limits: Readonly<Record<string, number>> = {
  plain: 0.95,
  'back to back': 0.85,
  '5 ms apart': 0.85,
};
const ratioOfAllTraced = 1.35;

function budgetsOf(rows: readonly Row[]): Budget[] {
  const traced = variants.find((variant) => 'traceRatio' in variant && variant.traceRatio === '1')?.name;
  return rows.flatMap((row): Budget[] => {
    const limit = limits[row.workload];
    if (limit === undefined) return [];
    if (row.variant === production.name) {
      return [
        { name: `${row.workload}: CPU, x naive bare`, value: row.ratio.median, limit },
        { name: `${row.workload}: p99, x naive bare`, value: row.p99.median, limit: 1 },
      ];
    }
    if (row.variant === traced && row.workload === 'plain' && row.ratioToProduction !== undefined) {
      return [
        { name: 'plain, all traced, x ratio 0.05', value: row.ratioToProduction.median, limit: ratioOfAllTraced },
      ];
    }
    return [];
  });
}
