import { type RequestScan, spliceRequest } from '#libs/dialects/openai';

/** A chat completion request that was read, in the form in which it is sent on: its own bytes. */
export class ChatRequest {
  readonly upstreamPath = '/chat/completions';
  readonly model: string;
  readonly stream: boolean;
  /** The client asked for the usage chunk itself; where it didn't, ours is taken out again. */
  readonly includeUsage: boolean;
  readonly choices: number;
  private readonly body: Buffer;
  private readonly scan: RequestScan;

  constructor(body: Buffer, scan: RequestScan) {
    this.model = scan.model;
    this.stream = scan.stream;
    this.includeUsage = scan.includeUsage;
    this.choices = scan.choices;
    this.body = body;
    this.scan = scan;
  }

  bodyFor(upstreamName: string): Buffer {
    return spliceRequest(this.body, this.scan, upstreamName, this.stream);
  }
}
