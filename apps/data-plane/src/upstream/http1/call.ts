import type { TransportFailure } from '#libs/inference';
import type { UpstreamCall, UpstreamHandler } from '../transport.js';
import type { CarriedCall, Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { RequestBytes } from './request-bytes.js';

/**
 * A close that crossed the request on its way shows within a round trip. A server that takes longer has had the request,
 * and may have worked on it: to ask again would be to pay twice.
 */
const CROSSED_MS = 1_000;

/** One request and its answer, over one connection, or two. */
export class Call implements UpstreamCall, CarriedCall {
  readonly handler: UpstreamHandler;
  bytes: RequestBytes | undefined;
  readonly isHead: boolean;
  private readonly pool: ConnectionPool;
  /** Undefined once the call is over. */
  private connection: Connection | undefined = undefined;
  private wasSent = false;
  private sentMs = 0;

  constructor(pool: ConnectionPool, bytes: RequestBytes, isHead: boolean, handler: UpstreamHandler) {
    this.pool = pool;
    this.bytes = bytes;
    this.isHead = isHead;
    this.handler = handler;
  }

  start(connection: Connection): void {
    this.connection = connection;
    connection.carry(this);
  }

  resume(): void {
    this.connection?.resume();
  }

  rest(): void {
    this.connection?.rest();
  }

  abort(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.close();
  }

  sent(): void {
    if (this.wasSent) return;
    this.wasSent = true;
    this.sentMs = this.pool.nowMs;
    this.handler.onSent();
  }

  ended(): void {
    this.connection = undefined;
    this.handler.onEnd();
  }

  failed(failure: TransportFailure, detail: string): void {
    this.connection = undefined;
    this.handler.onFailure(failure, detail);
  }

  /**
   * Servers close idle connections when they like, and a request can cross that close on its way. So one that was left
   * unanswered on a connection that had been idle, and broke at once, is sent once more, over a fresh one, and nobody
   * hears of it. Never twice: a fresh connection isn't closed for being idle.
   */
  broken(failure: TransportFailure, detail: string, isUnanswered: boolean): void {
    const hasCrossed = isUnanswered && this.pool.nowMs - this.sentMs <= CROSSED_MS;
    if (hasCrossed && failure === 'ConnectionReset') this.start(this.pool.open());
    else this.failed(failure, detail);
  }
}
