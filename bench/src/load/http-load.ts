import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one round of load saw. Latencies in milliseconds, from the last byte written to the last byte read. */
export interface LoadResult {
  readonly completed: number;
  readonly failed: number;
  readonly latenciesMs: number[];
}

export interface LoadTarget {
  readonly port: number;
  /** A whole HTTP/1.1 request, head and body. */
  readonly request: Buffer;
  /** The bytes that a complete answer's body ends with, before its framing; guards against measuring errors. */
  readonly bodyEnd: string;
}

/**
 * Keep-alive connections over raw sockets, one request in flight on each: the client must cost little, because it shares
 * two cores with what it measures. Reads just enough HTTP to find an answer's end.
 */
export class HttpLoad {
  private readonly connections: Connection[] = [];

  constructor(
    private readonly target: LoadTarget,
    private readonly size: number,
  ) {}

  async open(): Promise<void> {
    for (let index = 0; index < this.size; index += 1) this.connections.push(await Connection.open(this.target));
  }

  /**
   * Sends for `durationMs`, then waits for what is in flight: as fast as answers come, or at `perSecond` at most, evenly
   * spread over connections and time.
   */
  async run(durationMs: number, perSecond = Infinity): Promise<LoadResult> {
    const startsAtMs = performance.now();
    const endsAtMs = startsAtMs + durationMs;
    const gapMs = (this.size * 1_000) / perSecond;
    const latenciesMs: number[] = [];
    let failed = 0;
    await Promise.all(
      this.connections.map(async (first, index) => {
        let connection = first;
        let nextMs = startsAtMs + (gapMs * index) / this.size;
        for (;;) {
          const earlyMs = nextMs - performance.now();
          if (earlyMs > 0) await sleep(earlyMs);
          const startedMs = performance.now();
          if (startedMs >= endsAtMs) return;
          // What is late is left out, not made up for.
          nextMs = Math.max(nextMs, startedMs - gapMs) + gapMs;
          if (await connection.exchange()) latenciesMs.push(performance.now() - startedMs);
          else {
            failed += 1;
            if (connection.isClosed) connection = this.connections[index] = await Connection.open(this.target);
          }
        }
      }),
    );
    return { completed: latenciesMs.length, failed, latenciesMs };
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

class Connection {
  private head = '';
  private bodyLeft = 0;
  private chunked = false;
  private tail = '';
  private succeeded = false;
  private settle: ((ok: boolean) => void) | undefined;

  static async open(target: LoadTarget): Promise<Connection> {
    const socket = connect(target.port, '127.0.0.1').setNoDelay(true);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, target);
  }

  private constructor(
    private readonly socket: Socket,
    private readonly target: LoadTarget,
  ) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.onText(text));
    socket.on('error', () => this.finish(false));
    socket.on('close', () => this.finish(false));
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  exchange(): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(false);
    this.head = '';
    this.tail = '';
    this.bodyLeft = -1;
    return new Promise((resolve) => {
      this.settle = resolve;
      this.socket.write(this.target.request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private onText(text: string): void {
    if (this.bodyLeft === -1) {
      this.head += text;
      const headEnd = this.head.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const head = this.head.slice(0, headEnd);
      this.succeeded = head.startsWith('HTTP/1.1 200');
      const length = /\r\ncontent-length: *(\d+)/i.exec(head);
      this.chunked = !length;
      this.bodyLeft = length ? Number(length[1]) : 0;
      text = this.head.slice(headEnd + 4);
    }
    this.tail = (this.tail + text).slice(-256);
    if (this.chunked) {
      if (this.tail.endsWith('\r\n0\r\n\r\n')) this.finish(this.isWhole(`${this.target.bodyEnd}\r\n0\r\n\r\n`));
      return;
    }
    this.bodyLeft -= text.length;
    if (this.bodyLeft === 0) this.finish(this.isWhole(this.target.bodyEnd));
  }

  private isWhole(end: string): boolean {
    return this.succeeded && this.tail.endsWith(end);
  }

  private finish(ok: boolean): void {
    const { settle } = this;
    this.settle = undefined;
    settle?.(ok);
  }
}
