import type { Dispatcher } from 'undici';
import { ConnectionRing } from './connection-ring.js';
import type { Connection } from './connection-ring.js';
import { failureDetail, transportFailure } from '../../src/upstream/transport-failure.js';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../src/upstream/transport.js';

/** HTTP/1.1 over our own connections. Redirects are never followed: undici's dispatch doesn't, and nothing here does. */
export class UndiciTransport implements Transport {
  private readonly rings = new Map<string, ConnectionRing>();

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const { target } = request;
    let ring = this.rings.get(target.id);
    if (ring === undefined) {
      ring = new ConnectionRing(() => this.rings.delete(target.id));
      this.rings.set(target.id, ring);
    }
    return new UndiciCall(ring, request, handler);
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
class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler {
  private readonly ring: ConnectionRing;
  private readonly handler: UpstreamHandler;
  /** Undefined once the call is over. */
  private connection: Connection | undefined;
  private abortSocket: ((error?: Error) => void) | undefined = undefined;
  private resumeSocket: (() => void) | undefined = undefined;

  constructor(ring: ConnectionRing, request: UpstreamRequest, handler: UpstreamHandler) {
    const { target, path, always, headers, body } = request;
    this.ring = ring;
    this.handler = handler;
    this.connection = ring.acquire(target);
    this.connection.client.dispatch(
      {
        path,
        method: 'POST',
        headers: [...always, ...headers],
        body: typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
      },
      this,
    );
  }

  resume(): void {
    this.resumeSocket?.();
  }

  /** A hint, which this one doesn't take. */
  rest(): void {}

  abort(): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.abortSocket?.();
    this.ring.discard(connection);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.connection === undefined) {
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
    this.handler.onHead(
      status,
      headers.map((part) => part.toString('latin1')),
    );
    return true;
  }

  onData(chunk: Buffer): boolean {
    const goesOn = this.handler.onData(chunk);
    // undici passes bodies without their framing.
    if (this.connection !== undefined) this.handler.onRead(undefined);
    return goesOn;
  }

  onComplete(): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.ring.release(connection);
    this.handler.onEnd();
  }

  onError(error: Error): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    this.ring.discard(connection);
    this.handler.onFailure(transportFailure(error, this.abortSocket !== undefined), failureDetail(error));
  }
}
