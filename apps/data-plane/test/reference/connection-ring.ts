import { Client } from 'undici';
import { GuardedConnector } from './guarded-connector.js';
import type { UpstreamTarget } from '../../src/upstream/transport.js';

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

/**
 * The connections of one target: first in, first out, so that undici, which reuses a socket only a turn of the event
 * loop after its last answer, never queues a call of ours. Nothing waits here: who may send has been decided above, so
 * a call without an idle connection opens one.
 */
export class ConnectionRing {
  private idle: Connection[] = [];
  private head = 0;
  private readonly all = new Set<Connection>();
  private readonly onEmpty: () => void;

  constructor(onEmpty: () => void) {
    this.onEmpty = onEmpty;
  }

  acquire(target: UpstreamTarget): Connection {
    return this.takeIdle() ?? this.open(target);
  }

  /** Gives back a connection whose call ended well. */
  release(connection: Connection): void {
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
    if (this.all.size === 0) this.onEmpty();
  };

  destroy(): void {
    for (const connection of this.all) connection.destroy();
  }

  private open(target: UpstreamTarget): Connection {
    const connection = new Connection(target, this.discard);
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
}
