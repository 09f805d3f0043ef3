import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import { newSpanId, newTraceId } from '../ids.js';

/**
 * The SDK asks this for every id. A span that is made after the fact already has its ids (a response header told them to
 * the client, an upstream got them as `traceparent`): `use` hands them out to the next span started in the same tick.
 */
export class SpanIds implements IdGenerator {
  private traceId: string | undefined;
  private spanId: string | undefined;

  use(traceId: string, spanId: string): void {
    this.traceId = traceId;
    this.spanId = spanId;
  }

  generateTraceId = (): string => {
    const id = this.traceId ?? newTraceId();
    this.traceId = undefined;
    return id;
  };

  generateSpanId = (): string => {
    const id = this.spanId ?? newSpanId();
    this.spanId = undefined;
    return id;
  };

  /** Called after the span is started: the SDK asks for no trace id when the span has a parent. */
  clear(): void {
    this.traceId = undefined;
    this.spanId = undefined;
  }
}
