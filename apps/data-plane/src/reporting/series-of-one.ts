import type { Counter, Family, Gauge, Histogram } from '#libs/telemetry';

/** The series of one identity, in any number of metrics: found at their first use and held, removed together. */
export class SeriesOfOne {
  private readonly removals: (() => void)[] = [];

  /** Stops exposing them. */
  remove(): void {
    for (const remove of this.removals) remove();
  }

  protected handle<S extends Counter | Gauge | Histogram>(family: Family<S>, ...labelValues: string[]): S {
    this.removals.push(() => family.remove(...labelValues));
    return family.handle(...labelValues);
  }
}

/** Counters of one identity that differ in one more label. */
export class CountersByLabel {
  private readonly held = new Map<string, Counter>();

  constructor(private readonly create: (value: string) => Counter) {}

  of(value: string): Counter {
    let counter = this.held.get(value);
    if (counter === undefined) this.held.set(value, (counter = this.create(value)));
    return counter;
  }
}
