import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeTraces, type ReceivedSpan } from './decode-traces.js';

/** A tracing backend for tests: takes OTLP over HTTP (protobuf, gzip allowed) and keeps the spans. */
export class OtlpReceiver {
  /** In the order of their arrival. */
  readonly spans: ReceivedSpan[] = [];
  /** What it answers; while it isn't 200, nothing is kept. */
  status = 200;
  /** Headers of its answers besides the type. */
  answerHeaders: Readonly<Record<string, string>> = {};
  answerBody = Buffer.alloc(0);
  /** Answers that were sent, whatever their status. */
  requests = 0;
  /** Called after each answer. */
  answered: () => void = () => undefined;
  /** Headers of the latest request. */
  headers: IncomingHttpHeaders = {};
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.receive(request, response));
  }

  /** `port` 0: any free one. */
  static async start(port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const known = request.method === 'POST' && request.url === '/v1/traces';
    if (known && this.status === 200) this.spans.push(...decodeTraces(body));
    this.requests++;
    this.headers = request.headers;
    const headers = { 'content-type': 'application/x-protobuf', ...this.answerHeaders };
    response.writeHead(known ? this.status : 404, headers).end(this.answerBody);
    this.answered();
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
