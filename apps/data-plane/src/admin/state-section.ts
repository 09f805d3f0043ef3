/** One kind of state, as `/state` shows it. */
export interface StateSection<Entry = unknown> {
  readonly name: string;
  /**
   * Looked at one by one, with requests in between; what an entry is shown as is made for few of them. undefined: something was
   * looked at that is none, which takes its time, too.
   */
  entries(): Iterable<Entry | undefined>;
  /** `<namespace>/<name>`; undefined: it belongs to no provider. */
  providerOf(entry: Entry): string | undefined;
  /** Shown before the others: somebody is held up by it. */
  isNotable(entry: Entry): boolean;
  /** For people and programs; names, never values. */
  show(entry: Entry): object;
}

export interface SectionQuery {
  /** `<name>` or `<namespace>/<name>`; undefined: all. */
  readonly provider: string | undefined;
  readonly limit: number;
}

export interface ShownSection {
  /** Of those that were asked for, the ones that aren't shown included. */
  readonly total: number;
  readonly items: readonly object[];
}

/** Entries looked at before the event loop gets its turn. */
const SLICE = 1_000;

/** `pause` gives the event loop its turn. */
export async function showSection<Entry>(
  section: StateSection<Entry>,
  { provider, limit }: SectionQuery,
  pause: () => Promise<void>,
): Promise<ShownSection> {
  const notable: Entry[] = [];
  const others: Entry[] = [];
  let [seen, total] = [0, 0];
  for (const entry of section.entries()) {
    seen += 1;
    if (seen % SLICE === 0) await pause();
    if (entry === undefined) continue;
    if (provider !== undefined && !isNamed(section.providerOf(entry), provider)) continue;
    total += 1;
    const kept = section.isNotable(entry) ? notable : others;
    if (kept.length < limit) kept.push(entry);
  }
  const shown = [...notable, ...others].slice(0, limit);
  return { total, items: shown.map((entry) => section.show(entry)) };
}

function isNamed(provider: string | undefined, wanted: string): boolean {
  return provider === wanted || provider?.slice(provider.indexOf('/') + 1) === wanted;
}
