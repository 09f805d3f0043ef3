import { fill } from '../fields/defaults.js';
import { type EffectiveProviderSpec, providerSpec, type ProviderSpec } from './schema.js';

const baseURLs: Partial<Record<ProviderSpec['type'], string>> = { OpenAI: 'https://api.openai.com/v1' };

/** Every default of a Provider. `baseURL` stays absent where the type has none: validation asks for it. */
export function effectiveProvider(spec: ProviderSpec): EffectiveProviderSpec {
  const filled = fill(providerSpec, spec);
  const baseURL = filled.baseURL ?? baseURLs[filled.type];
  return {
    ...filled,
    vendor: filled.vendor ?? filled.type,
    ...(baseURL !== undefined && { baseURL }),
    auth: filled.auth ?? { type: 'Bearer' },
    models: filled.models.map((model) => ({ ...model, upstreamName: model.upstreamName ?? model.name })),
  };
}
