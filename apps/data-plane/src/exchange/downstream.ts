import type { GatewayError } from '../errors/error-table.js';

/**
 * The client's side of one request, as the exchange sees it: node:http in production, an array in a simulation. Texts are
 * bytes seen as Latin-1, because that is how they come from the upstream and how a socket takes them cheapest.
 */
export interface Downstream {
  /**
   * The whole response at once. `headers`: names and values in turn, without a length. False: the client hasn't taken
   * all of it; `DownstreamEvents.flushed` follows.
   */
  send(status: number, headers: string[], body: Buffer | string): boolean;
  /** The head of a stream. */
  start(status: number, headers: string[]): void;
  /** False: the client reads slower than we write; `DownstreamEvents.drained` says when to go on. */
  write(text: string): boolean;
  /** Whole frames of a chunked body (RFC 9112, 7.1), to be passed as they are. False as above. */
  writeFrames(frames: Buffer): boolean;
  /** The last of a stream, which may be ''. False: the client hasn't taken all of it; `DownstreamEvents.flushed` follows. */
  end(rest: string): boolean;
  /** Another answer of its connection comes first; `DownstreamEvents.turnCame` follows. */
  readonly isBehindAnother: boolean;
  /** Cuts the connection: the client takes nothing any more. */
  destroy(): void;
}

/** What the client's connection says. Each may come at any time, and after the end. */
export interface DownstreamEvents {
  drained(): void;
  flushed(): void;
  /** The answers in front of it are over. */
  turnCame(): void;
  /** The connection closed. */
  abandoned(): void;
  /** The rest of the request can't be read; its answer can still be said. */
  fail(error: GatewayError): void;
}
