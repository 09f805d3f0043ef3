import type { Counter, Family, Histogram } from '#libs/telemetry';
import type { IdentitySeries } from './series-by-identity.js';

export interface RouteFamilies {
  readonly requests: Family<Counter>;
  readonly duration: Family<Histogram>;
}

/** The series of one route; '' stands for requests that ended before they had one. */
export class RouteSeries implements IdentitySeries {
  private readonly duration: Histogram;
  private readonly byCode = new Map<string, Counter>();

  constructor(
    private readonly families: RouteFamilies,
    private readonly route: string,
  ) {
    this.duration = families.duration.handle(route);
  }

  finished(code: string, seconds: number): void {
    this.duration.record(seconds);
    let counter = this.byCode.get(code);
    if (counter === undefined) {
      counter = this.families.requests.handle(this.route, code);
      this.byCode.set(code, counter);
    }
    counter.add(1);
  }

  remove(): void {
    this.families.duration.remove(this.route);
    for (const code of this.byCode.keys()) this.families.requests.remove(this.route, code);
  }
}
