import { type Counter, type Family, genAiProviderName, type Histogram } from '#libs/telemetry';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import type { IdentitySeries } from './series-by-identity.js';

export interface AttemptFamilies {
  readonly attempts: Family<Counter>;
  readonly duration: Family<Histogram>;
  readonly timeToFirstChunk: Family<Histogram>;
  readonly tokens: Family<Histogram>;
}

/**
 * The series of one backend. The GenAI ones are labelled by provider and model, which several backends may share, so only
 * the backend's own are removed with it; the others are bounded by the registry's cap.
 */
export class AttemptSeries implements IdentitySeries {
  /** By step, then by outcome. */
  private readonly counters = new Map<string, Map<string, Counter>>();
  private readonly durations = new Map<string, Histogram>();
  private timeToFirstChunk: Histogram | undefined;
  private inputTokens: Histogram | undefined;
  private outputTokens: Histogram | undefined;
  /** What the GenAI handles are labelled with; an edit of the provider may change both under the same backend. */
  private vendor = '';
  private upstreamModel = '';

  constructor(
    private readonly families: AttemptFamilies,
    private readonly backend: string,
  ) {}

  finished(record: RequestRecord, attempt: AttemptRecord): void {
    const outcome = attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome;
    this.counterOf(attempt.step, outcome).add(1);
    if (attempt.upstreamModel !== this.upstreamModel || attempt.vendor !== this.vendor) this.relabel(attempt);
    const endedMs = attempt.endedMs ?? record.endedMs;
    this.durationOf(record, attempt, outcome).record((endedMs - attempt.startedMs) / 1000);
    if (outcome !== 'Success') return;
    if (record.stream && attempt.committedMs > 0) {
      this.timeToFirstChunk ??= this.families.timeToFirstChunk.handle(...operationLabels(record, attempt));
      this.timeToFirstChunk.record((attempt.committedMs - attempt.startedMs) / 1000);
    }
    if (record.inputTokens >= 0) {
      this.inputTokens ??= this.families.tokens.handle(...operationLabels(record, attempt), 'input');
      this.inputTokens.record(record.inputTokens);
    }
    if (record.outputTokens >= 0) {
      this.outputTokens ??= this.families.tokens.handle(...operationLabels(record, attempt), 'output');
      this.outputTokens.record(record.outputTokens);
    }
  }

  remove(): void {
    for (const [step, byOutcome] of this.counters) {
      for (const outcome of byOutcome.keys()) this.families.attempts.remove(this.backend, step, outcome);
    }
  }

  private relabel({ vendor, upstreamModel }: AttemptRecord): void {
    this.vendor = vendor;
    this.upstreamModel = upstreamModel;
    this.durations.clear();
    this.timeToFirstChunk = undefined;
    this.inputTokens = undefined;
    this.outputTokens = undefined;
  }

  private counterOf(step: string, outcome: string): Counter {
    let byOutcome = this.counters.get(step);
    if (byOutcome === undefined) this.counters.set(step, (byOutcome = new Map<string, Counter>()));
    let counter = byOutcome.get(outcome);
    if (counter === undefined) {
      counter = this.families.attempts.handle(this.backend, step, outcome);
      byOutcome.set(outcome, counter);
    }
    return counter;
  }

  /** `error_type` is empty on success: in Prometheus an empty label is an absent one, as the conventions ask. */
  private durationOf(record: RequestRecord, attempt: AttemptRecord, outcome: string): Histogram {
    let histogram = this.durations.get(outcome);
    if (histogram === undefined) {
      const errorType = outcome === 'Success' ? '' : outcome;
      histogram = this.families.duration.handle(...operationLabels(record, attempt), errorType);
      this.durations.set(outcome, histogram);
    }
    return histogram;
  }
}

function operationLabels(record: RequestRecord, attempt: AttemptRecord): [string, string, string] {
  return [record.operation, genAiProviderName(attempt.vendor), attempt.upstreamModel];
}
