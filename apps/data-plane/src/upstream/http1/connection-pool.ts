import type { Clock } from '#libs/clock';
import type { UpstreamTarget } from '../transport.js';
import { Connection, type ConnectionKeeper } from './connection.js';
import type { TlsSettings } from './open-socket.js';
import { RestingConnections } from './resting-connections.js';

/** Servers that announce a shorter time are believed; this is for those that announce none, or a longer one. */
const IDLE_MS = 30_000;
/** A request needs some time to reach a server that is about to close. */
const IDLE_MARGIN_MS = 1_000;

/**
 * The connections of one target. The one that was used last is used next, so that those beyond the need grow old and
 * close. Nothing waits here: who may send has been decided above.
 */
export class ConnectionPool implements ConnectionKeeper {
  /** What the `host` header says. */
  readonly host: string;
  readonly resting: RestingConnections;
  private readonly target: UpstreamTarget;
  private readonly tls: TlsSettings;
  private readonly clock: Clock;
  private readonly all = new Set<Connection>();
  private newestIdle: Connection | undefined = undefined;

  constructor(target: UpstreamTarget, tls: TlsSettings, clock: Clock) {
    this.host = new URL(target.origin).host;
    this.resting = new RestingConnections(clock);
    this.target = target;
    this.tls = tls;
    this.clock = clock;
  }

  get isEmpty(): boolean {
    return this.all.size === 0;
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  /** An idle connection, or a new one. */
  take(): Connection {
    const nowMs = this.clock.nowMs();
    for (let connection = this.newestIdle; connection !== undefined; connection = this.newestIdle) {
      this.unlink(connection);
      if (connection.idleUntilMs > nowMs) return connection;
      connection.close();
    }
    return this.open();
  }

  open(): Connection {
    const connection = new Connection(this.target, this.tls, this);
    this.all.add(connection);
    return connection;
  }

  idle(connection: Connection, idleTimeoutMs: number): void {
    const idleMs = idleTimeoutMs < 0 ? IDLE_MS : Math.min(IDLE_MS, idleTimeoutMs - IDLE_MARGIN_MS);
    if (idleMs <= 0) {
      connection.close();
      return;
    }
    connection.idleUntilMs = this.clock.nowMs() + idleMs;
    connection.nextIdle = this.newestIdle;
    if (this.newestIdle !== undefined) this.newestIdle.previousIdle = connection;
    this.newestIdle = connection;
  }

  gone(connection: Connection): void {
    this.unlink(connection);
    this.all.delete(connection);
  }

  /** Closes what has been idle for long enough. */
  closeOverdue(nowMs: number): void {
    for (let connection = this.newestIdle; connection !== undefined;) {
      const { nextIdle }: Connection = connection;
      if (connection.idleUntilMs <= nowMs) connection.close();
      connection = nextIdle;
    }
  }

  shutDown(): void {
    for (const connection of this.all) connection.shutDown();
  }

  private unlink(connection: Connection): void {
    const { nextIdle, previousIdle } = connection;
    if (previousIdle !== undefined) previousIdle.nextIdle = nextIdle;
    else if (this.newestIdle === connection) this.newestIdle = nextIdle;
    if (nextIdle !== undefined) nextIdle.previousIdle = previousIdle;
    connection.nextIdle = undefined;
    connection.previousIdle = undefined;
  }
}
