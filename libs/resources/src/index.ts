export * from './check.js';
export { type ConsumerSpec, effectiveConsumer, type EffectiveConsumerSpec } from './consumer/index.js';
export type { DataPlaneStatus } from './data-plane/index.js';
export { durationMs } from './fields/duration.js';
export {
  effectiveKeyPool,
  type EffectiveKeyPoolSpec,
  type EffectivePoolKey,
  type KeyPoolSpec,
} from './key-pool/index.js';
export * from './kind.js';
export {
  effectiveProvider,
  type EffectiveProviderSpec,
  type ProviderModel,
  type ProviderSpec,
} from './provider/index.js';
export * from './registry.js';
export { fieldPath, schemaErrors } from './schema-errors.js';
export {
  type EffectiveBackendRef,
  effectiveRoutePolicy,
  type EffectiveRoutePolicySpec,
  type EffectiveRule,
  type RoutePolicySpec,
} from './route-policy/index.js';
export { type ApiKey, apiKeyOf } from './secret/index.js';
