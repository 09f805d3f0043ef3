import { type Counter, type Family, genAiProviderName } from '#libs/telemetry';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import { type OperationFamilies, OperationSeries } from './operation-series.js';
import { OTHER } from './series-by-identity.js';
import { CountersByLabel, SeriesOfOne } from './series-of-one.js';

export interface AttemptFamilies extends OperationFamilies {
  readonly attempts: Family<Counter>;
}

/** Names under which a backend is counted at a time. An edit of its provider brings another one, and requests of before go on. */
const MOST_NAMES = 4;

/** What the GenAI series are labelled with, besides the backend. */
interface Names {
  readonly operation: string;
  readonly vendor: string;
  readonly upstreamModel: string;
}

/** The series of one backend. */
export class AttemptSeries extends SeriesOfOne {
  /** By step, then by outcome. */
  private readonly counters = new Map<string, CountersByLabel>();
  /** Those that came first, first. */
  private readonly operations: { readonly names: Names; readonly series: OperationSeries }[] = [];

  constructor(
    private readonly families: AttemptFamilies,
    private readonly backend: string,
  ) {
    super();
  }

  finished(record: RequestRecord, attempt: AttemptRecord, outcome: string): void {
    this.countersOf(attempt.step).of(outcome).add(1);
    this.operationOf(record.operation, attempt).finished(record, attempt, outcome);
  }

  override remove(): void {
    super.remove();
    for (const { series } of this.operations) series.remove();
  }

  private countersOf(step: string): CountersByLabel {
    let counters = this.counters.get(step);
    if (counters === undefined) {
      counters = new CountersByLabel((outcome) => this.handle(this.families.attempts, this.backend, step, outcome));
      this.counters.set(step, counters);
    }
    return counters;
  }

  private operationOf(operation: string, { vendor, upstreamModel }: AttemptRecord): OperationSeries {
    for (const { names, series } of this.operations) {
      if (this.backend === OTHER) return series;
      if (names.upstreamModel === upstreamModel && names.vendor === vendor && names.operation === operation)
        return series;
    }
    if (this.operations.length >= MOST_NAMES) this.operations.shift()?.series.remove();
    const names = { operation, vendor, upstreamModel };
    const series = new OperationSeries(this.families, this.labelsOf(names));
    this.operations.push({ names, series });
    return series;
  }

  /** What many backends share has no name of any of them. */
  private labelsOf({ operation, vendor, upstreamModel }: Names): string[] {
    if (this.backend === OTHER) return [OTHER, OTHER, OTHER, OTHER];
    return [operation, genAiProviderName(vendor), upstreamModel, this.backend];
  }
}
