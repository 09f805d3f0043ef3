import { Client } from 'undici';
import { GuardedConnector } from './guarded-connector.js';
import type { UpstreamTarget } from './transport.js';

/** Servers that announce a shorter keep-alive are believed; this is for those that announce none. */
const KEEP_ALIVE_MS = 30_000;
/** Consumed entries at the front of the idle list before it is cut. */
const COMPACT_AFTER = 64;

/** One undici client of one socket, reconnecting never while idle: a closed one leaves the ring. */
export class Connection {
  readonly client: Client;
  inUse = true;
  gone = false;
  private readonly connector: GuardedConnector;

  constructor(target: UpstreamTarget, onIdleClose: (connection: Connection) => void) {
    this.connector = new GuardedConnector(target.allowPrivateNetwork);
    this.client = new Client(target.origin, {
      connect: this.connector.connect,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.client.on('disconnect', () => {
      if (!this.inUse) onIdleClose(this);
    });
  }

  destroy(): void {
    this.connector.abort();
    void this.client.destroy();
  }
}

/** Gets a connection, now or later; `give` is called at most once, and never after `cancelled` is set. */
export interface ConnectionWaiter {
  cancelled: boolean;
  give(connection: Connection): void;
}

/**
 * The connections of one target: first in, first out, so that undici, which reuses a socket only a turn of the event
 * loop after its last answer, never queues a call of ours. Calls beyond `maxConnections` wait here, up to `maxPending`.
 */
export class ConnectionRing {
  private target: UpstreamTarget;
  private idle: Connection[] = [];
  private head = 0;
  private readonly all = new Set<Connection>();
  private waiting: ConnectionWaiter[] = [];
  private readonly onEmpty: () => void;

  constructor(target: UpstreamTarget, onEmpty: () => void) {
    this.target = target;
    this.onEmpty = onEmpty;
  }

  /** False: as many calls wait already as may. */
  acquire(target: UpstreamTarget, waiter: ConnectionWaiter): boolean {
    // The limits of the latest table hold.
    this.target = target;
    const connection = this.takeIdle();
    if (connection !== undefined) {
      waiter.give(connection);
      return true;
    }
    if (this.all.size < target.maxConnections) {
      waiter.give(this.open());
      return true;
    }
    if (this.waiting.length >= target.maxPending) this.waiting = this.waiting.filter((one) => !one.cancelled);
    if (this.waiting.length >= target.maxPending) return false;
    this.waiting.push(waiter);
    return true;
  }

  /** Gives back a connection whose call ended well. */
  release(connection: Connection): void {
    const waiter = this.nextWaiter();
    if (waiter !== undefined) {
      waiter.give(connection);
      return;
    }
    connection.inUse = false;
    this.idle.push(connection);
  }

  /** Takes a connection out whose call failed or was aborted, or that closed while idle. */
  readonly discard = (connection: Connection): void => {
    if (connection.gone) return;
    connection.gone = true;
    this.all.delete(connection);
    // Not in the middle of undici's own work on that socket.
    queueMicrotask(() => connection.destroy());
    const waiter = this.nextWaiter();
    if (waiter !== undefined) waiter.give(this.open());
    else if (this.all.size === 0) this.onEmpty();
  };

  destroy(): void {
    for (const connection of this.all) connection.destroy();
  }

  private open(): Connection {
    const connection = new Connection(this.target, this.discard);
    this.all.add(connection);
    return connection;
  }

  private takeIdle(): Connection | undefined {
    while (this.head < this.idle.length) {
      const connection = this.idle[this.head];
      this.head += 1;
      if (this.head >= COMPACT_AFTER && this.head * 2 >= this.idle.length) {
        this.idle.splice(0, this.head);
        this.head = 0;
      }
      if (connection === undefined || connection.gone) continue;
      connection.inUse = true;
      return connection;
    }
    return undefined;
  }

  private nextWaiter(): ConnectionWaiter | undefined {
    for (;;) {
      const waiter = this.waiting.shift();
      if (waiter === undefined || !waiter.cancelled) return waiter;
    }
  }
}
