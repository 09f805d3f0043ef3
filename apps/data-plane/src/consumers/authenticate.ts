import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ConsumerLimiters } from '../state/consumer-limiter.js';
import type { TableView } from '../table/table-view.js';
import { AuthenticatedConsumer } from './authenticated-consumer.js';

/** Raw credentials remembered per table. */
const MAX_KNOWN = 4_096;
const bearer = /^Bearer +(\S+)$/i;
const noCredential = /^(?:Bearer)?$/i;

/**
 * Who sends an API key, in one table. Every token takes the same way, whatever its length: it is hashed, and the digest
 * looked up, so that no comparison's time tells anything about a key that exists. What was found is remembered by the
 * header's raw text; that map lives and dies with its table, so a revocation empties it.
 */
export class Authenticator {
  private readonly table: TableView;
  private readonly limiters: ConsumerLimiters;
  private known = new Map<string, AuthenticatedConsumer>();

  constructor(table: TableView, limiters: ConsumerLimiters) {
    this.table = table;
    this.limiters = limiters;
  }

  /** `Missing`: no credential was sent. `NotBearer`: one was, in another scheme or without any. undefined: nobody's. */
  ownerOf(headers: IncomingHttpHeaders): AuthenticatedConsumer | 'Missing' | 'NotBearer' | undefined {
    const { authorization } = headers;
    if (authorization === undefined) {
      const key = headers['api-key'];
      return typeof key === 'string' ? this.lookUp(key) : 'Missing';
    }
    const known = this.known.get(authorization);
    if (known !== undefined) return known;
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) return noCredential.test(authorization) ? 'Missing' : 'NotBearer';
    const owner = this.lookUp(token);
    if (owner !== undefined) this.remember(authorization, owner);
    return owner;
  }

  private lookUp(token: string): AuthenticatedConsumer | undefined {
    const sha256 = hash('sha256', token, 'hex');
    const owner = this.table.ownerOf(sha256);
    return owner && new AuthenticatedConsumer(owner, sha256, this.limiters.of(owner.consumer));
  }

  private remember(authorization: string, owner: AuthenticatedConsumer): void {
    // Replaced whole when full: moving an entry at each hit would cost more than hashing.
    if (this.known.size >= MAX_KNOWN) this.known = new Map();
    this.known.set(authorization, owner);
  }
}
