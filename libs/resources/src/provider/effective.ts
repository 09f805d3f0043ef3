import { profileOf } from '#libs/providers';
import { fill } from '../fields/defaults.js';
import { type EffectiveProviderSpec, providerSpec, type ProviderSpec } from './schema.js';

/** Every default of a Provider. `baseURL` stays absent where the vendor has none: validation asks for it. */
export function effectiveProvider(spec: ProviderSpec): EffectiveProviderSpec {
  const filled = fill(providerSpec, spec);
  const vendor = filled.vendor ?? filled.type;
  const { defaults, auth } = profileOf(vendor);
  const baseURL = filled.baseURL ?? defaults.baseURL;
  return {
    ...filled,
    vendor,
    ...(baseURL !== undefined && { baseURL }),
    auth: filled.auth ?? auth,
    models: filled.models.map((model) => ({ ...model, upstreamName: model.upstreamName ?? model.name })),
  };
}
