/**
 * What a caller holds: one object a series, found once by its label values and then written without any lookup. The hot
 * path does a dozen of these writes a request, so each is a few machine instructions.
 */
export class Counter {
  value = 0;

  /** `amount` must not be negative: a counter that falls reads as a restart. */
  add(amount = 1): void {
    this.value += amount;
  }
}

export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(amount = 1): void {
    this.value += amount;
  }
}

export class Histogram {
  /** One count a bucket, the last for values above every bound; not cumulative until exposed. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** In the metric's base unit (seconds, tokens). A bucket includes its upper bound. */
  record(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket]!++;
    this.sum += value;
  }
}

export type Series = Counter | Gauge | Histogram;
