import type { Family, Histogram } from '#libs/telemetry';
import type { Usage } from '#libs/inference';
import type { AttemptRecord, RequestRecord } from '../record/request-record.js';
import { SeriesOfOne } from './series-of-one.js';

export interface OperationFamilies {
  readonly duration: Family<Histogram>;
  readonly timeToFirstChunk: Family<Histogram>;
  readonly tokens: Family<Histogram>;
}

/** The GenAI series of one backend, under one name of the operation, the provider and the model. */
export class OperationSeries extends SeriesOfOne {
  private readonly durations = new Map<string, Histogram>();
  private timeToFirstChunk: Histogram | undefined;
  /** By type, those that the provider counted and those that we estimated. */
  private readonly tokens = new Map<string, Histogram>();
  private readonly estimatedTokens = new Map<string, Histogram>();

  constructor(
    private readonly families: OperationFamilies,
    /** Operation, provider, model and backend. */
    private readonly labels: readonly string[],
  ) {
    super();
  }

  finished(record: RequestRecord, attempt: AttemptRecord, outcome: string): void {
    const endedMs = attempt.endedMs ?? record.endedMs;
    this.durationOf(outcome).record((endedMs - attempt.startedMs) / 1000);
    if (attempt.usage !== undefined) this.used(attempt.usage);
    if (outcome === 'Success' && record.stream && attempt.committedMs > 0) {
      this.timeToFirstChunk ??= this.handle(this.families.timeToFirstChunk, ...this.labels);
      this.timeToFirstChunk.record((attempt.committedMs - attempt.startedMs) / 1000);
    }
  }

  /** Also of a call that was cut or given up: it may have been paid for. */
  private used({ inputTokens, outputTokens, estimated = false }: Usage): void {
    if (inputTokens !== undefined) this.tokensOf('input', estimated).record(inputTokens);
    if (outputTokens !== undefined) this.tokensOf('output', estimated).record(outputTokens);
  }

  /** `error_type` is empty on success: in Prometheus an empty label is an absent one, as the conventions ask. */
  private durationOf(outcome: string): Histogram {
    let histogram = this.durations.get(outcome);
    if (histogram === undefined) {
      histogram = this.handle(this.families.duration, ...this.labels, outcome === 'Success' ? '' : outcome);
      this.durations.set(outcome, histogram);
    }
    return histogram;
  }

  private tokensOf(type: string, estimated: boolean): Histogram {
    const held = estimated ? this.estimatedTokens : this.tokens;
    let histogram = held.get(type);
    if (histogram === undefined) {
      histogram = this.handle(this.families.tokens, ...this.labels, type, estimated ? 'true' : '');
      held.set(type, histogram);
    }
    return histogram;
  }
}
