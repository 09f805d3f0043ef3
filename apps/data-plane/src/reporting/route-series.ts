import type { Counter, Family, Histogram } from '#libs/telemetry';
import { CountersByLabel, SeriesOfOne } from './series-of-one.js';

export interface RouteFamilies {
  readonly requests: Family<Counter>;
  readonly duration: Family<Histogram>;
}

/** The series of one route; '' stands for requests that ended before they had one. */
export class RouteSeries extends SeriesOfOne {
  private readonly duration: Histogram;
  private readonly requests: CountersByLabel;

  constructor(families: RouteFamilies, route: string) {
    super();
    this.duration = this.handle(families.duration, route);
    this.requests = new CountersByLabel((code) => this.handle(families.requests, route, code));
  }

  finished(code: string, seconds: number): void {
    this.duration.record(seconds);
    this.requests.of(code).add(1);
  }
}
