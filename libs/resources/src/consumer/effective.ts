import { fill } from '../fields/defaults.js';
import { type ConsumerSpec, consumerSpec, type EffectiveConsumerSpec } from './schema.js';

/** Every default of a Consumer. */
export function effectiveConsumer(spec: ConsumerSpec): EffectiveConsumerSpec {
  return fill(consumerSpec, spec);
}
