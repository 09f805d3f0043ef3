import type { ReferenceReason } from '../conditions/finding.js';
import type { Look } from './concern.js';
import type { BackendUse } from './spaces.js';

export type FoundBackend = BackendUse | { readonly reason: ReferenceReason; readonly message: string };

/** `pool`: its key. */
export function findBackend(pool: string, model: string, look: Look): FoundBackend {
  const state = look.fact('pool', pool);
  if (state === undefined || 'unusable' in state) {
    const why =
      state !== undefined
        ? `can't be used, as ${state.unusable}`
        : look.fact('KeyPool', pool) === undefined
          ? "doesn't exist"
          : 'is not accepted';
    return { reason: 'BackendNotFound', message: `KeyPool ${pool} ${why}` };
  }
  const { provider, models, served } = state;
  if (!models.includes(model)) {
    return { reason: 'ModelNotServed', message: `Provider ${provider} has no model "${model}"` };
  }
  if (!served.has(model)) {
    return { reason: 'ModelNotServed', message: `no usable key of KeyPool ${pool} serves model "${model}"` };
  }
  return { id: `${pool}/${model}`, pool, provider, model };
}
