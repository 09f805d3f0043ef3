import type { InferenceRequest } from '#libs/inference';
import type { ClientRequest } from '../../request/client-request.js';
import { estimateTokens } from '../../request/estimate-tokens.js';
import { RequestFault } from '../../request/request-fault.js';
import { decodeRequest } from './decode-request.js';
import { type RequestScan, scanRequest } from './scan-request.js';
import { spliceRequest } from './splice-request.js';

/** The name of this dialect, in tables and in registries. */
export const openAI = 'OpenAI';

/** A chat completion request in its own bytes, and what one scan of them has found. */
export class ChatRequest implements ClientRequest {
  readonly dialect = openAI;
  readonly forwarded: readonly string[];
  private readonly body: Buffer;
  private readonly scan: RequestScan;
  private decoded: InferenceRequest | RequestFault | undefined = undefined;

  static read(body: Buffer, forwarded: readonly string[]): ChatRequest | RequestFault {
    const scan = scanRequest(body);
    return scan instanceof RequestFault ? scan : new ChatRequest(body, scan, forwarded);
  }

  private constructor(body: Buffer, scan: RequestScan, forwarded: readonly string[]) {
    this.body = body;
    this.scan = scan;
    this.forwarded = forwarded;
  }

  get model(): string {
    return this.scan.model;
  }

  get stream(): boolean {
    return this.scan.stream;
  }

  /** The client asked for the usage chunk itself; where it didn't, ours is taken out again. */
  get includeUsage(): boolean {
    return this.scan.includeUsage;
  }

  /** Answers asked for at once. */
  get choices(): number {
    return this.scan.choices;
  }

  /** The body for a provider that knows the model by `upstreamName`. */
  bodyFor(upstreamName: string): Buffer {
    return spliceRequest(this.body, this.scan, upstreamName, this.stream);
  }

  estimateInputTokens(): number {
    return estimateTokens(this.body);
  }

  neutral(): InferenceRequest | RequestFault {
    return (this.decoded ??= decodeRequest(this.body));
  }
}
