import { candidatesOf, stopWith, type Context } from './context.js';
import type { Decision } from './decision.js';
import { isAdmitted } from './next-backend.js';

/**
 * No attempt is possible and none was made, or the last one's key was at fault: says what is missing and when it is
 * back. Keys before backends: where a backend would take the request, the missing key is the reason.
 */
export function nothingAvailable(context: Context): Decision {
  const { view, nowMs, last } = context;
  let earliestKeyMs = Infinity;
  let earliestOpeningMs = Infinity;
  let saturated = false;
  let admitted = false;
  for (const candidate of candidatesOf(context)) {
    if (isAdmitted(context, candidate)) {
      admitted = true;
      const keys = view.keys(candidate);
      earliestKeyMs = Math.min(earliestKeyMs, keys.nextAvailableMs(nowMs));
      saturated ||= keys.isSaturated(nowMs);
    } else {
      const breaker = view.breaker(candidate);
      // Half-open with all probes out: the next moment may decide it, so ask for the shortest pause there is.
      earliestOpeningMs = Math.min(earliestOpeningMs, breaker?.phase === 'Open' ? breaker.untilMs : nowMs);
    }
  }
  if (!admitted) return stopWith('no_backend_available', last, earliestOpeningMs - nowMs);
  if (saturated) return stopWith('keys_exhausted', last, Math.max(0, Math.min(earliestKeyMs - nowMs, 1000)));
  return earliestKeyMs === Infinity
    ? stopWith('no_usable_key', last)
    : stopWith('keys_exhausted', last, earliestKeyMs - nowMs);
}
