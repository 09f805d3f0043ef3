import type { Counter, Family } from '#libs/telemetry';
import type { Usage } from '#libs/inference';
import type { RequestRecord } from '../record/request-record.js';
import { CountersByLabel, SeriesOfOne } from './series-of-one.js';

export interface ConsumerFamilies {
  readonly requests: Family<Counter>;
  readonly tokens: Family<Counter>;
}

/** What one consumer asked for and used; '' stands for requests whose consumer isn't known. */
export class ConsumerSeries extends SeriesOfOne {
  private readonly requests: CountersByLabel;
  private readonly tokens: CountersByLabel;
  private readonly estimatedTokens: CountersByLabel;

  constructor(families: ConsumerFamilies, consumer: string) {
    super();
    this.requests = new CountersByLabel((code) => this.handle(families.requests, consumer, code));
    this.tokens = new CountersByLabel((type) => this.handle(families.tokens, consumer, type, ''));
    this.estimatedTokens = new CountersByLabel((type) => this.handle(families.tokens, consumer, type, 'true'));
  }

  finished(record: RequestRecord, code: string): void {
    this.requests.of(code).add(1);
    for (const { usage } of record.attempts) if (usage !== undefined) this.used(usage);
  }

  private used({ inputTokens = 0, outputTokens = 0, estimated = false }: Usage): void {
    const tokens = estimated ? this.estimatedTokens : this.tokens;
    if (inputTokens > 0) tokens.of('input').add(inputTokens);
    if (outputTokens > 0) tokens.of('output').add(outputTokens);
  }
}
