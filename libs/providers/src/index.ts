export type { ProviderProfile, QuotaSignal, Signal } from './profile.js';
export { profileOf, profiles } from './registry.js';
