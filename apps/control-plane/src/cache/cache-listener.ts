import type { CacheChange, CacheKey, CacheUpdate } from './cache-update.js';

/**
 * One listener of the cache, apart from the others. What it threw at comes to it again, as one with what came since:
 * nothing is lost, and nothing is kept from those after it. Listeners look at what is, so a change that one took in
 * half is as well taken in again.
 */
export class CacheListener {
  readonly #listen: (update: CacheUpdate) => void;
  #missed: CacheUpdate | undefined;

  constructor(listen: (update: CacheUpdate) => void) {
    this.#listen = listen;
  }

  /** Throws what the listener throws. */
  deliver(update: CacheUpdate): void {
    this.#missed = this.#missed ? merged(this.#missed, update) : update;
    this.catchUp();
  }

  /** Delivers what it has missed, if anything. Throws what the listener throws. */
  catchUp(): void {
    if (!this.#missed) return;
    this.#listen(this.#missed);
    this.#missed = undefined;
  }
}

/** Each object once: as it was before the first update, and as it is after the second. */
function merged(first: CacheUpdate, second: CacheUpdate): CacheUpdate {
  const changes = new Map<CacheKey, CacheChange>(first.changes.map((change) => [change.key, change]));
  for (const change of second.changes) {
    const earlier = changes.get(change.key);
    changes.set(
      change.key,
      earlier ? { ...change, previous: earlier.previous, statusOnly: earlier.statusOnly && change.statusOnly } : change,
    );
  }
  const traceParents = [...new Set([...first.traceParents, ...second.traceParents])];
  return { revision: second.revision, changes: [...changes.values()], traceParents };
}
