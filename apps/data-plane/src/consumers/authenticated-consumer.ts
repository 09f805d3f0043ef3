import type { PreparedRoute } from '#libs/routing';
import { Glob } from '#libs/routing-table';
import type { ConsumerLimiter } from '../state/consumer-limiter.js';
import type { KeyOwner } from '../table/table-view.js';

/** Model names remembered per API key; a client that sends ever new ones must not fill the memory. */
const MAX_ROUTES = 256;

/** The owner of an API key in one table, and what was worked out for it there. */
export class AuthenticatedConsumer {
  readonly consumer: KeyOwner['consumer'];
  readonly keyName: string;
  /** Lower-case hex SHA-256 of the API key: asks later tables whether it still stands. */
  readonly sha256: string;
  readonly limiter: ConsumerLimiter;
  private readonly allowed: readonly Glob[] | undefined;
  private readonly routes = new Map<string, PreparedRoute>();

  constructor(owner: KeyOwner, sha256: string, limiter: ConsumerLimiter) {
    this.consumer = owner.consumer;
    this.keyName = owner.keyName;
    this.sha256 = sha256;
    this.limiter = limiter;
    this.allowed = owner.consumer.models?.map((pattern) => new Glob(pattern));
  }

  mayUse(model: string): boolean {
    return this.allowed === undefined || this.allowed.some((glob) => glob.matches(model));
  }

  /** Only routes that this consumer may use are remembered. */
  knownRoute(model: string): PreparedRoute | undefined {
    return this.routes.get(model);
  }

  rememberRoute(model: string, route: PreparedRoute): void {
    if (this.routes.size >= MAX_ROUTES) this.routes.clear();
    // A copy: the name is a slice of the request's text, and as a key it would keep all of that text in memory.
    this.routes.set(JSON.parse(JSON.stringify(model)) as string, route);
  }
}
