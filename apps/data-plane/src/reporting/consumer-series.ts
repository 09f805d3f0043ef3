import type { Counter, Family } from '#libs/telemetry';
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

  constructor(families: ConsumerFamilies, consumer: string) {
    super();
    this.requests = new CountersByLabel((code) => this.handle(families.requests, consumer, code));
    this.tokens = new CountersByLabel((type) => this.handle(families.tokens, consumer, type));
  }

  finished(record: RequestRecord, code: string): void {
    this.requests.of(code).add(1);
    if (record.inputTokens > 0) this.tokens.of('input').add(record.inputTokens);
    if (record.outputTokens > 0) this.tokens.of('output').add(record.outputTokens);
  }
}
