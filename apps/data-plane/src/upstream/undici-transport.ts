import type { Dispatcher } from 'undici';
import { ConnectionRing } from './connection-ring.js';
import type { Connection, ConnectionWaiter } from './connection-ring.js';
import { failureDetail, transportFailure } from './transport-failure.js';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from './transport.js';

/** HTTP/1.1 over our own connections. Redirects are never followed: undici's dispatch doesn't, and nothing here does. */
export class UndiciTransport implements Transport {
  private readonly rings = new Map<string, ConnectionRing>();

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const { target } = request;
    let ring = this.rings.get(target.id);
    if (ring === undefined) {
      ring = new ConnectionRing(target, () => this.rings.delete(target.id));
      this.rings.set(target.id, ring);
    }
    const call = new UndiciCall(ring, request, handler);
    if (!ring.acquire(target, call)) call.refuse(target.maxPending);
    return call;
  }

  close(): Promise<void> {
    for (const ring of this.rings.values()) ring.destroy();
    this.rings.clear();
    return Promise.resolve();
  }
}

/**
 * One call: undici's handler and our handle on it in one object. It speaks undici's older handler interface, which hands
 * over raw header bytes and a resume function: the newer one parses every header and wraps every call (measured at 3 to
 * 9 % of a small request's CPU). undici 8 drops it; its types then tell.
 */
class UndiciCall implements UpstreamCall, ConnectionWaiter, Dispatcher.DispatchHandler {
  cancelled = false;
  private readonly ring: ConnectionRing;
  private readonly request: UpstreamRequest;
  private readonly handler: UpstreamHandler;
  private connection: Connection | undefined = undefined;
  private abortSocket: ((error?: Error) => void) | undefined = undefined;
  private resumeSocket: (() => void) | undefined = undefined;

  constructor(ring: ConnectionRing, request: UpstreamRequest, handler: UpstreamHandler) {
    this.ring = ring;
    this.request = request;
    this.handler = handler;
  }

  give(connection: Connection): void {
    this.connection = connection;
    const { path, headers, body } = this.request;
    connection.client.dispatch({ path, method: 'POST', headers, body }, this);
  }

  refuse(maxPending: number): void {
    this.cancelled = true;
    // The caller gets its handle first.
    queueMicrotask(() => {
      this.handler.onFailure('NoConnection', `${maxPending} calls wait for a connection already`);
    });
  }

  get isWaiting(): boolean {
    return this.connection === undefined && !this.cancelled;
  }

  resume(): void {
    this.resumeSocket?.();
  }

  abort(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.abortSocket?.();
    this.ring.discard(connection);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.cancelled) {
      abort();
      return;
    }
    this.abortSocket = abort;
    this.handler.onSent();
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    // 1xx: an interim answer; the real one follows.
    if (status < 200) return true;
    this.resumeSocket = resume;
    this.handler.onHead(status, headers);
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.handler.onData(chunk);
  }

  onComplete(): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.cancelled = true;
    this.ring.release(connection);
    this.handler.onEnd();
  }

  onError(error: Error): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.cancelled = true;
    this.ring.discard(connection);
    this.handler.onFailure(transportFailure(error), failureDetail(error));
  }
}
