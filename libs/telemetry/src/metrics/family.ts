import type { Series } from './series.js';

/** Label value of the one series that takes what a full metric can't: totals stay right, the detail is lost visibly. */
export const OVERFLOW = '_overflow';

/** Series a metric may have before the rest falls into the overflow series. */
export const DEFAULT_MAX_SERIES = 2_000;

/** One metric: its name, its labels and its series. */
export class Family<S extends Series> {
  private readonly series = new Map<string, { readonly labels: readonly string[]; readonly series: S }>();

  constructor(
    readonly labelNames: readonly string[],
    private readonly create: () => S,
    private readonly maxSeries: number,
  ) {}

  /**
   * The series with these label values, made at its first use. Hold it: the lookup is what costs. When the metric is full
   * a new combination gets the overflow series.
   */
  handle(...labelValues: string[]): S {
    if (labelValues.length !== this.labelNames.length) {
      throw new TypeError(
        `expected ${this.labelNames.length} label values (${this.labelNames.join(', ')}), got ${labelValues.length}`,
      );
    }
    const found = this.series.get(keyOf(labelValues));
    if (found) return found.series;
    return this.series.size < this.maxSeries ? this.insert(labelValues) : this.overflow();
  }

  /** Stops exposing a series, as when its identity has left the table. A handle still held writes to nothing. */
  remove(...labelValues: string[]): void {
    this.series.delete(keyOf(labelValues));
  }

  entries(): Iterable<{ readonly labels: readonly string[]; readonly series: S }> {
    return this.series.values();
  }

  private overflow(): S {
    const labels = this.labelNames.map(() => OVERFLOW);
    return this.series.get(keyOf(labels))?.series ?? this.insert(labels);
  }

  private insert(labels: readonly string[]): S {
    const series = this.create();
    this.series.set(keyOf(labels), { labels, series });
    return series;
  }
}

/** JSON, because it keeps ["a,b"] and ["a", "b"] apart whatever the values hold. */
function keyOf(labels: readonly string[]): string {
  return JSON.stringify(labels);
}
