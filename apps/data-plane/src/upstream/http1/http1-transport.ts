import type { Cancel, Clock } from '#libs/clock';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.js';
import { Call } from './call.js';
import { CLOSED } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import type { TlsSettings } from './open-socket.js';
import { requestBytes } from './request-bytes.js';
import { TlsSessions } from './tls-sessions.js';

/** How often idle connections are looked at. */
const SWEEP_MS = 1_000;

/**
 * HTTP/1.1 over `net` and `tls`, for exactly what a gateway needs: one request at a time on a connection, no redirects,
 * no decoding, no timeouts but that of idle connections. Deadlines and limits are the business of its callers.
 */
export class Http1Transport implements Transport {
  private readonly pools = new Map<string, ConnectionPool>();
  private readonly tls: TlsSettings;
  private readonly clock: Clock;
  private cancelSweep: Cancel | undefined = undefined;
  private isClosed = false;

  /** `authorities`: PEM certificates that TLS servers must be of, instead of Node's own. */
  constructor(clock: Clock, authorities?: readonly string[]) {
    this.clock = clock;
    this.tls = { sessions: new TlsSessions(), authorities };
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    if (this.isClosed) return new LateCall(handler);
    const pool = this.poolOf(request);
    const bytes = requestBytes(request, pool.host);
    const call = new Call(pool, bytes, request.method === 'HEAD', handler);
    call.start(pool.take());
    return call;
  }

  /** For good: a call that ends by it may be tried again, and would open what nobody closes any more. */
  close(): Promise<void> {
    this.isClosed = true;
    for (const pool of this.pools.values()) pool.shutDown();
    this.cancelSweep?.();
    this.cancelSweep = undefined;
    return Promise.resolve();
  }

  private poolOf({ target }: UpstreamRequest): ConnectionPool {
    let pool = this.pools.get(target.id);
    if (pool === undefined) {
      pool = new ConnectionPool(target, this.tls, this.clock);
      this.pools.set(target.id, pool);
      if (this.cancelSweep === undefined) this.sweepLater();
    }
    return pool;
  }

  private sweepLater(): void {
    this.cancelSweep = this.clock.after(SWEEP_MS, () => {
      const nowMs = this.clock.nowMs();
      for (const [id, pool] of this.pools) {
        pool.closeOverdue(nowMs);
        if (pool.isEmpty) this.pools.delete(id);
      }
      if (this.pools.size > 0) this.sweepLater();
      else this.cancelSweep = undefined;
    });
  }
}

/** A call of a transport that is closed fails as those that were under way did. */
class LateCall implements UpstreamCall {
  private isAborted = false;

  constructor(handler: UpstreamHandler) {
    // Nothing is heard before `send` has returned.
    queueMicrotask(() => {
      if (!this.isAborted) handler.onFailure('Aborted', CLOSED);
    });
  }

  resume(): void {}

  rest(): void {}

  abort(): void {
    this.isAborted = true;
  }
}
