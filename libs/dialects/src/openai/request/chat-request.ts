import type { InferenceRequest } from '#libs/inference';
import type { ClientRequest } from '../../request/client-request.js';
import { estimateTokens } from '../../request/estimate-tokens.js';
import { RequestFault } from '../../request/request-fault.js';
import { decodeRequest } from './decode-request.js';
import { type RequestScan, scanRequest } from './scan-request.js';
import { spliceRequest, spliceText } from './splice-request.js';

/** The name of this dialect, in tables and in registries. */
export const openAI = 'OpenAI';

/** Up to here a text is cheaper to make and to write than a Buffer of its own; beyond, the bytes are not copied again. */
const SMALL_BODY_BYTES = 16 * 1024;

/** A chat completion request in its own bytes, and what one scan of them has found. */
export class ChatRequest implements ClientRequest {
  readonly dialect = openAI;
  readonly forwarded: readonly string[];
  private readonly body: Buffer;
  /** The Latin-1 view of a small body. */
  private readonly text: string | undefined;
  private readonly scan: RequestScan;
  private decoded: InferenceRequest | RequestFault | undefined = undefined;

  static read(body: Buffer, forwarded: readonly string[]): ChatRequest | RequestFault {
    const text = body.toString('latin1');
    const scan = scanRequest(body, text);
    if (scan instanceof RequestFault) return scan;
    return new ChatRequest(body, body.length > SMALL_BODY_BYTES ? undefined : text, scan, forwarded);
  }

  private constructor(body: Buffer, text: string | undefined, scan: RequestScan, forwarded: readonly string[]) {
    this.body = body;
    this.text = text;
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

  /** The body for a provider that knows the model by `upstreamName`: bytes, or text that is bytes seen as Latin-1. */
  bodyFor(upstreamName: string): Buffer | string {
    const { body, text, scan, stream } = this;
    return text === undefined
      ? spliceRequest(body, scan, upstreamName, stream)
      : spliceText(text, scan, upstreamName, stream);
  }

  estimateInputTokens(): number {
    return estimateTokens(this.body);
  }

  neutral(): InferenceRequest | RequestFault {
    return (this.decoded ??= decodeRequest(this.body));
  }
}
