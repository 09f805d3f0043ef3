import { type Counter, type Family, genAiProviderName, type Histogram } from '#libs/telemetry';
import type { Usage } from '#libs/inference';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import { CountersByLabel, SeriesOfOne } from './series-of-one.js';

export interface AttemptFamilies {
  readonly attempts: Family<Counter>;
  readonly duration: Family<Histogram>;
  readonly timeToFirstChunk: Family<Histogram>;
  readonly tokens: Family<Histogram>;
}

/** The series of one backend. */
export class AttemptSeries extends SeriesOfOne {
  /** By step, then by outcome. */
  private readonly counters = new Map<string, CountersByLabel>();
  private readonly durations = new Map<string, Histogram>();
  private timeToFirstChunk: Histogram | undefined;
  /** By type, those that the provider counted and those that we estimated. */
  private readonly tokens = new Map<string, Histogram>();
  private readonly estimatedTokens = new Map<string, Histogram>();
  /** What the GenAI handles are labelled with; an edit of the provider may change both under the same backend. */
  private vendor = '';
  private upstreamModel = '';

  constructor(
    private readonly families: AttemptFamilies,
    private readonly backend: string,
  ) {
    super();
  }

  finished(record: RequestRecord, attempt: AttemptRecord, outcome: string): void {
    this.countersOf(attempt.step).of(outcome).add(1);
    if (attempt.upstreamModel !== this.upstreamModel || attempt.vendor !== this.vendor) this.relabel(attempt);
    const endedMs = attempt.endedMs ?? record.endedMs;
    this.durationOf(record, attempt, outcome).record((endedMs - attempt.startedMs) / 1000);
    if (attempt.usage !== undefined) this.used(record, attempt, attempt.usage);
    if (outcome === 'Success' && record.stream && attempt.committedMs > 0) {
      this.timeToFirstChunk ??= this.handle(this.families.timeToFirstChunk, ...this.operationLabels(record, attempt));
      this.timeToFirstChunk.record((attempt.committedMs - attempt.startedMs) / 1000);
    }
  }

  /** Also of a call that was cut or given up: it may have been paid for. */
  private used(record: RequestRecord, attempt: AttemptRecord, usage: Usage): void {
    const { inputTokens, outputTokens, estimated = false } = usage;
    if (inputTokens !== undefined) this.tokensOf(record, attempt, 'input', estimated).record(inputTokens);
    if (outputTokens !== undefined) this.tokensOf(record, attempt, 'output', estimated).record(outputTokens);
  }

  private relabel({ vendor, upstreamModel }: AttemptRecord): void {
    this.vendor = vendor;
    this.upstreamModel = upstreamModel;
    this.durations.clear();
    this.timeToFirstChunk = undefined;
    this.tokens.clear();
    this.estimatedTokens.clear();
  }

  private countersOf(step: string): CountersByLabel {
    let counters = this.counters.get(step);
    if (counters === undefined) {
      counters = new CountersByLabel((outcome) => this.handle(this.families.attempts, this.backend, step, outcome));
      this.counters.set(step, counters);
    }
    return counters;
  }

  /** `error_type` is empty on success: in Prometheus an empty label is an absent one, as the conventions ask. */
  private durationOf(record: RequestRecord, attempt: AttemptRecord, outcome: string): Histogram {
    let histogram = this.durations.get(outcome);
    if (histogram === undefined) {
      const errorType = outcome === 'Success' ? '' : outcome;
      histogram = this.handle(this.families.duration, ...this.operationLabels(record, attempt), errorType);
      this.durations.set(outcome, histogram);
    }
    return histogram;
  }

  private tokensOf(record: RequestRecord, attempt: AttemptRecord, type: string, estimated: boolean): Histogram {
    const held = estimated ? this.estimatedTokens : this.tokens;
    let histogram = held.get(type);
    if (histogram === undefined) {
      const labels = [...this.operationLabels(record, attempt), type, estimated ? 'true' : ''];
      held.set(type, (histogram = this.handle(this.families.tokens, ...labels)));
    }
    return histogram;
  }

  private operationLabels(record: RequestRecord, attempt: AttemptRecord): string[] {
    return [record.operation, genAiProviderName(attempt.vendor), attempt.upstreamModel, this.backend];
  }
}
