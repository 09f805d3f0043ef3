import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';

/** A server's end of one connection, down to its bytes. */
export class RawConnection {
  /** What has come in. */
  received = '';
  isClosed = false;
  hasWritten = false;
  /** Requests that have come in whole. */
  requests = 0;
  private read = 0;

  constructor(
    /** Counted from 0. */
    readonly index: number,
    /** What is read and written. */
    readonly socket: Socket,
    /** Beneath TLS. */
    private readonly raw: Socket,
  ) {}

  write(text: string): this {
    this.hasWritten = true;
    this.socket.write(Buffer.from(text, 'latin1'));
    return this;
  }

  /** Sends no more, and goes on reading. */
  halfClose(): void {
    this.socket.end();
  }

  /** Reads no more. */
  pause(): this {
    this.socket.pause();
    return this;
  }

  reset(): void {
    this.raw.resetAndDestroy();
  }

  /** True once for each whole request. */
  takeRequest(): boolean {
    const pending = this.received.slice(this.read);
    const headEnd = pending.indexOf('\r\n\r\n') + 4;
    if (headEnd < 4) return false;
    const length = Number(/content-length: (\d+)/.exec(pending.slice(0, headEnd))?.[1] ?? 0);
    if (pending.length < headEnd + length) return false;
    this.read += headEnd + length;
    this.requests += 1;
    return true;
  }
}

export interface RawScript {
  /** The `index`th request of this connection is there whole. */
  readonly request?: (connection: RawConnection, index: number) => void;
  /** Bytes have come, whole request or not. */
  readonly bytes?: (connection: RawConnection) => void;
}

/** A server that writes exactly the bytes it is told to, over plain or TLS sockets. */
export class RawUpstream {
  readonly connections: RawConnection[] = [];
  /** One for all connections: a session of one can be resumed by another. */
  private readonly secureContext: SecureContext | undefined;
  private readonly server: Server;
  script: RawScript = {};

  static async start(identity?: { readonly cert: string; readonly key: string }): Promise<RawUpstream> {
    const upstream = new RawUpstream(identity);
    await new Promise<void>((resolve) => {
      upstream.server.listen(0, '127.0.0.1', resolve);
    });
    return upstream;
  }

  private constructor(identity: { readonly cert: string; readonly key: string } | undefined) {
    this.secureContext = identity && createSecureContext(identity);
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => this.accept(raw));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.secureContext === undefined ? 'http' : 'https'}://localhost:${this.port}`;
  }

  get requests(): number {
    return this.connections.reduce((sum, { requests }) => sum + requests, 0);
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private accept(raw: Socket): void {
    raw.on('error', () => undefined);
    const socket =
      this.secureContext === undefined
        ? raw
        : new TLSSocket(raw, { isServer: true, ALPNProtocols: ['http/1.1'], secureContext: this.secureContext });
    const connection = new RawConnection(this.connections.length, socket, raw);
    this.connections.push(connection);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      connection.received += bytes.toString('latin1');
      this.script.bytes?.(connection);
      while (connection.takeRequest()) this.script.request?.(connection, connection.requests - 1);
    });
    raw.on('close', () => {
      connection.isClosed = true;
    });
    // The other side is done: what is still to be said by the script may be.
    socket.on('end', () => socket.end());
  }
}

const body = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
});

/** A whole chat completion, with these header lines added. */
export function completion(...lines: readonly string[]): string {
  return [
    `HTTP/1.1 200 OK`,
    'content-type: application/json',
    ...lines,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** The same without a length: it ends with the connection. */
export const unbounded = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${body}`;
