import { EnvironmentReader, listOf, type Rule } from '#libs/config';

/** How long and how much is measured: every default is what the published figures were made with. */
export interface Settings {
  /** Rounds of each workload; in a round every variant has one turn. */
  readonly rounds: number;
  readonly roundMs: number;
  /** Keep-alive connections of the load generator. */
  readonly connections: number;
  /** Parts of names; absent: all. */
  readonly workloads: readonly string[] | undefined;
  readonly variants: readonly string[] | undefined;
  /** Of the soak. */
  readonly minutes: number;
  /** For the data planes, such as `--cpu-prof`; they are then ended in good order, so that a profile is written. */
  readonly nodeOptions: string | undefined;
}

/** Throws a ConfigError that names every wrong variable. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const read = new EnvironmentReader(environment);
  const settings: Settings = {
    rounds: read.optional('BENCH_ROUNDS', positive) ?? 9,
    roundMs: read.optional('BENCH_ROUND_MS', positive) ?? 1_000,
    connections: read.optional('BENCH_CONNECTIONS', positive) ?? 32,
    workloads: read.optional('BENCH_WORKLOADS', names),
    variants: read.optional('BENCH_VARIANTS', names),
    minutes: read.optional('BENCH_MINUTES', positive) ?? 10,
    nodeOptions: read.optional('BENCH_NODE_OPTIONS'),
  };
  read.finish();
  return settings;
}

/** The item of each name given, or those that contain it. Throws where one fits none: a typo must not measure nothing. */
export function chosen<Item extends { readonly name: string }>(
  items: readonly Item[],
  parts: readonly string[] | undefined,
): readonly Item[] {
  if (parts === undefined) return items;
  const wanted = parts.flatMap((part) => {
    const exact = items.filter(({ name }) => name === part);
    const fitting = exact.length > 0 ? exact : items.filter(({ name }) => name.includes(part));
    if (fitting.length === 0) throw new Error(`"${part}" fits none of: ${items.map(({ name }) => name).join(' · ')}`);
    return fitting;
  });
  return items.filter((item) => wanted.includes(item));
}

const positive: Rule<number> = {
  parse: (text) => (/^\d{1,7}(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
  says: 'a number above 0',
};

const names = listOf(/./, 'parts of names, separated by commas');
