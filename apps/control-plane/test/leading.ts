import type { Leadership } from '../src/leader/leadership.js';

/** A term that lasts until the test ends it. */
export function leading(epoch: number, ended = new AbortController().signal): Leadership {
  return { epoch, ended, expiresAtMs: Infinity };
}
