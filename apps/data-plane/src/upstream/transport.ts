import type { TransportFailure } from '#libs/inference';

/** Where a backend's calls go. Two targets with an equal `id` share connections. */
export interface UpstreamTarget {
  /** Everything that a connection depends on: provider, origin and what its addresses may be. */
  readonly id: string;
  readonly origin: string;
  readonly allowPrivateNetwork: boolean;
  /** What permits allow for. The transport itself opens a connection for each call that finds none idle. */
  readonly maxConnections: number;
}

export interface UpstreamRequest {
  readonly target: UpstreamTarget;
  /** POST, unless it says otherwise. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  /** Names and values in turn; none that frames the message or names the host. `always`: the same list for many requests. */
  readonly always: readonly string[];
  readonly headers: readonly string[];
  /** Bytes, or text that is bytes seen as Latin-1. */
  readonly body: Buffer | string;
}

/**
 * Hears one call's course, in this order: onSent, onHead, (onData*, onRead)*, then exactly one of onEnd and onFailure.
 * After `UpstreamCall.abort` it hears nothing more. Of these only onSent may come before
 * `Transport.send` has returned.
 */
export interface UpstreamHandler {
  /** A connection is there and the request is being written to it. */
  onSent(): void;
  /** Names and values in turn, bytes seen as Latin-1. */
  onHead(status: number, headers: readonly string[]): void;
  /**
   * Once for each range of the body. `false` pauses until `UpstreamCall.resume`; what had been read with it may still
   * come. The chunk is a view into a shared buffer, good until this returns: copy what must last.
   */
  onData(chunk: Buffer): boolean;
  /**
   * After the onData calls of one read of the socket, but for the one that ends the answer: there onEnd says so. `frames`: the bytes of that read as they came, where they were
   * whole chunk frames and nothing else (none begun before, none left open), so that they can be passed on as they are;
   * else undefined. A view like a chunk.
   */
  onRead(frames: Buffer | undefined): void;
  onEnd(): void;
  /** `detail` is one line for people. */
  onFailure(failure: TransportFailure, detail: string): void;
}

export interface UpstreamCall {
  resume(): void;
  /**
   * A hint: what comes in the next millisecond or two is better handed over as one read than piece by piece. Each read of
   * a socket and each write that follows costs more than all that is done with the bytes. Not taken where the last read
   * brought much.
   */
  rest(): void;
  abort(): void;
}

/** The only way to an upstream. The real one is http1/; simulations bring their own. */
export interface Transport {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  close(): Promise<void>;
}
