import { stopWith } from './answers.js';
import type { Context } from './context.js';
import type { Decision } from './decision.js';
import { openTiers } from './open-tiers.js';
import { blockedBy, usedAs } from './serving.js';

/** How long to wait for what another request frees: the next moment may bring it. */
const SOON_MS = 1000;

/**
 * No attempt is possible and none was made, or the last one's key was at fault: says what is missing and when it is
 * back. Keys before backends: where a backend would take the request, the missing key is the reason.
 */
export function nothingAvailable(context: Context): Decision {
  const { view, nowMs, failures } = context;
  const last = failures[0];
  let keysInMs = Infinity;
  let backendInMs = Infinity;
  let hasBackend = false;
  let isUsedUp = false;
  for (const tier of openTiers(context).list) {
    for (const candidate of tier.candidates) {
      if (usedAs(context, candidate) === 'RefusedRequest') continue;
      const blocked = blockedBy(context, candidate);
      if (blocked === undefined) {
        hasBackend = true;
        const keys = view.keys(candidate);
        if (keys.hasAny) isUsedUp = true;
        else if (keys.isSaturated) keysInMs = Math.min(keysInMs, SOON_MS);
        keysInMs = Math.min(keysInMs, keys.backAtMs - nowMs);
      } else {
        const breaker = view.breaker(candidate);
        // A probe or a call that ends may let it serve in the next moment, so ask for the shortest pause there is.
        const inMs = blocked === 'BreakerOpen' && breaker?.phase === 'Open' ? breaker.untilMs - nowMs : 0;
        backendInMs = Math.min(backendInMs, inMs);
      }
    }
  }
  if (!hasBackend) return stopWith(context, 'no_backend_available', last, backendInMs);
  if (keysInMs !== Infinity) return stopWith(context, 'keys_exhausted', last, Math.max(0, keysInMs));
  // What is free was used by this request: it is the failures that end it, not the keys.
  return isUsedUp ? stopWith(context, 'retries_exhausted', last) : stopWith(context, 'no_usable_key', last);
}
