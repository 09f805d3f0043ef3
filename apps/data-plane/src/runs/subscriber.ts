import type { GatewayError } from '../errors/error-table.js';
import type { FaultOwner } from '../errors/fault-owner.js';

/**
 * Who hears what a run brings: its client; a follower of its answer or a recorder could be others. In this order:
 * `committed` where the answer is a stream, any number of writes, then exactly one of `ended`, `answered`, `failed` and `fault`.
 */
export interface RunSubscriber extends FaultOwner {
  /** A stream's first content is there. */
  committed(nowMs: number): void;
  /** `text` is bytes seen as Latin-1. False: pause; `Run.drained` goes on. */
  write(text: string): boolean;
  /** Whole chunk frames as the upstream sent them. False as above. */
  writeFrames(frames: Buffer): boolean;
  /** The stream's clean end, with the last of its text, which may be ''. */
  ended(rest: string): void;
  /** A plain answer, whole; `body` as in `write`. */
  answered(status: number, contentType: string, body: string): void;
  failed(error: GatewayError): void;
}
