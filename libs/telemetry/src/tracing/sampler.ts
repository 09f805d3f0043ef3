import {
  type Context,
  createContextKey,
  isSpanContextValid,
  type Link,
  type SpanAttributes,
  type SpanKind,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace-base';
import { ratioSelects } from './ratio.js';

const recordAlways = createContextKey('signalbox.record-always');

/** Marks a context whose span has been chosen already, by a rule that needs the finished request. */
export function chosen(context: Context): Context {
  return context.setValue(recordAlways, true);
}

/** What the caller chose, else what the parent chose, else the ratio. */
export class SignalboxSampler implements Sampler {
  constructor(private readonly ratio: number) {}

  shouldSample(
    context: Context,
    traceId: string,
    _name: string,
    _kind: SpanKind,
    _attributes: SpanAttributes,
    _links: Link[],
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    const sampled =
      context.getValue(recordAlways) === true ||
      (parent && isSpanContextValid(parent)
        ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0
        : ratioSelects(traceId, this.ratio));
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `SignalboxSampler{${this.ratio}}`;
  }
}
