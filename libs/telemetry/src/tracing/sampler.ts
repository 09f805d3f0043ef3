import { type Context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace-base';
import { ratioSelects } from './ratio.js';

/** What the parent chose, else the ratio, by the rule that all our processes share. */
export class SignalboxSampler implements Sampler {
  constructor(private readonly ratio: number) {}

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(context);
    const sampled =
      parent && isSpanContextValid(parent)
        ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0
        : ratioSelects(traceId, this.ratio);
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `SignalboxSampler{${this.ratio}}`;
  }
}
