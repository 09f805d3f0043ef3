import { labelText } from './exposition.js';
import type { Series } from './series.js';

/** Label value of the one series that takes what a full metric can't: totals stay right, the detail is lost visibly. */
export const OVERFLOW = '_overflow';

/** Series a metric may have before the rest falls into the overflow series. */
export const DEFAULT_MAX_SERIES = 2_000;

/** A series with its labels as they are exposed, which is once for many expositions. */
export interface LabelledSeries<S extends Series> {
  readonly labels: string;
  readonly series: S;
}

/** One metric: its name, its labels and its series. */
export class Family<S extends Series> {
  private readonly series = new Map<string, LabelledSeries<S>>();
  private overflowed: S | undefined;

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
    const key = keyOf(labelValues);
    const found = this.series.get(key);
    if (found) return found.series;
    return this.series.size < this.maxSeries ? this.insert(key, labelValues) : this.overflow();
  }

  /** Stops exposing a series, as when its identity has left the table. A handle still held writes to nothing. */
  remove(...labelValues: string[]): void {
    this.series.delete(keyOf(labelValues));
  }

  /** Whether it is the one that others share. */
  isOverflow(series: S): boolean {
    return series === this.overflowed;
  }

  /** The overflow series included. */
  entries(): Iterable<LabelledSeries<S>> {
    return this.series.values();
  }

  private overflow(): S {
    const labels = this.labelNames.map(() => OVERFLOW);
    return (this.overflowed ??= this.insert(keyOf(labels), labels));
  }

  private insert(key: string, labels: readonly string[]): S {
    const series = this.create();
    this.series.set(key, { labels: labelText(this.labelNames, labels), series });
    return series;
  }
}

/** JSON, because it keeps ["a,b"] and ["a", "b"] apart whatever the values hold. */
function keyOf(labels: readonly string[]): string {
  return JSON.stringify(labels);
}
