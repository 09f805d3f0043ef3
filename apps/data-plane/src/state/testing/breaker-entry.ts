import type { BackendEntry } from '#libs/routing-table';
import { BREAKER } from '../../../test/support/entries.js';

/** As much of a backend as its breaker looks at: one failure opens it, and half of a provider's may be open. */
export function breakerEntry(provider: string, model: string): BackendEntry {
  return {
    namespace: 'default',
    provider,
    model,
    breakerId: `default/${provider}/${model}`,
    breaker: { ...BREAKER, consecutiveFailures: 1, maxEjectedPercent: 50 },
  } as BackendEntry;
}
