import { forEachClaimed } from './concern.js';
import { encodeEntry } from './entry.js';

/** Backends that some route uses. One that none does is not in the table. */
export const backends = forEachClaimed('backends', 'backend', ([use], look) => {
  const { id, pool, provider, model } = use!;
  // Both are there, or no route would have found the backend.
  const { shared, upstreamNames } = look.fact('providerBackend', provider)!;
  const entry = {
    ...shared,
    id,
    model,
    upstreamName: upstreamNames[model]!,
    keyPool: pool,
    breakerId: `${provider}/${model}`,
  };
  return { entries: [encodeEntry('Backend', id, entry)] };
});
