import type { InferenceRequest } from '#libs/inference';
import type { RequestFault } from './request-fault.js';

/**
 * A request that a surface has read. A provider of the same dialect gets it in its own bytes, so its dialect's egress
 * knows more of it than this; any other gets it in the neutral form.
 */
export interface ClientRequest {
  readonly dialect: string;
  /** The model that the client asks for: a text of its own (`ownText`), because records outlive the request. */
  readonly model: string;
  readonly stream: boolean;
  /** Its headers for a provider of the same dialect, names and values in turn. */
  readonly forwarded: readonly string[];
  /** What the request may have cost, in tokens, where no provider counted. */
  estimateInputTokens(): number;
  /** Made at the first call, and kept for further attempts. A fault: it asks for what the neutral form can't say. */
  neutral(): InferenceRequest | RequestFault;
}
