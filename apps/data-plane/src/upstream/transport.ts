import type { TransportFailure } from '#libs/inference';

/** Where a backend's calls go. Two targets with an equal `id` share connections. */
export interface UpstreamTarget {
  /** Everything that a connection depends on: provider, origin and what its addresses may be. */
  readonly id: string;
  readonly origin: string;
  readonly allowPrivateNetwork: boolean;
  readonly maxConnections: number;
  /** Calls that may wait for a connection; further ones fail with `NoConnection`. */
  readonly maxPending: number;
}

export interface UpstreamRequest {
  readonly target: UpstreamTarget;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer;
}

/**
 * Told of one call's course, in this order: onSent, onHead, onData*, then exactly one of onEnd and onFailure. After
 * `UpstreamCall.abort` nothing more is told.
 */
export interface UpstreamHandler {
  /** A connection is there and the request is being written to it. */
  onSent(): void;
  /** Names and values in turn, as raw bytes. */
  onHead(status: number, headers: readonly Buffer[]): void;
  /** `false` pauses until `UpstreamCall.resume`. The chunk is a view into a shared buffer: copy what must last. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  /** `detail` is one line for people. */
  onFailure(failure: TransportFailure, detail: string): void;
}

export interface UpstreamCall {
  /** No connection was free yet: nothing has been tried. */
  readonly isWaiting: boolean;
  resume(): void;
  abort(): void;
}

/** The only way to an upstream. The real one is UndiciTransport; simulations bring their own. */
export interface Transport {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  close(): Promise<void>;
}
