import { fill } from '../fields/defaults.js';
import { type EffectiveKeyPoolSpec, keyPoolSpec, type KeyPoolSpec } from './schema.js';

/** Every default of a KeyPool. */
export function effectiveKeyPool(spec: KeyPoolSpec): EffectiveKeyPoolSpec {
  const filled = fill(keyPoolSpec, spec);
  return { ...filled, keys: filled.keys.map((key) => ({ ...key, quotaGroup: key.quotaGroup ?? key.name })) };
}
