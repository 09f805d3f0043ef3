export * from './check.js';
export type { EffectiveConsumerSpec } from './consumer/schema.js';
export type { DataPlaneStatus } from './data-plane/schema.js';
export { durationMs } from './fields/duration.js';
export type { EffectiveKeyPoolSpec, EffectivePoolKey } from './key-pool/schema.js';
export type { EffectiveProviderSpec } from './provider/schema.js';
export * from './registry.js';
export type { EffectiveBackendRef, EffectiveRoutePolicySpec, EffectiveRule } from './route-policy/schema.js';
export { type ApiKey, apiKeyOf } from './secret/api-key.js';
