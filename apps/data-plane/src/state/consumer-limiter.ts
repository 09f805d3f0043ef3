import type { ConsumerEntry } from '#libs/routing-table';
import { IdentityMap } from './identity-map.js';

/** Requests in flight of one consumer. */
export class ConsumerLimiter {
  inFlight = 0;

  /** False: the consumer is at its limit; nothing was taken. */
  take(maxConcurrency: number | undefined): boolean {
    if (!this.hasRoom(maxConcurrency)) return false;
    this.inFlight += 1;
    return true;
  }

  hasRoom(maxConcurrency: number | undefined): boolean {
    return maxConcurrency === undefined || this.inFlight < maxConcurrency;
  }

  release(): void {
    this.inFlight -= 1;
  }
}

export class ConsumerLimiters {
  readonly byId = new IdentityMap(() => new ConsumerLimiter());

  of(consumer: ConsumerEntry): ConsumerLimiter {
    return this.byId.get(`${consumer.namespace}/${consumer.name}`);
  }
}
