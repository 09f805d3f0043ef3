import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface HeapSample {
  readonly atMs: number;
  /** What is alive in the heap after two forced collections. */
  readonly heapBytes: number;
  /** Buffers and what else hangs on the heap without being in it. */
  readonly externalBytes: number;
  readonly residentBytes: number;
}

interface MemoryUsage {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** Looks into another process's heap, over the inspector that it was started with (`--inspect=127.0.0.1:<port>`). */
export class HeapProbe {
  private id = 0;
  private readonly waiting = new Map<number, (result: { value?: MemoryUsage } | undefined) => void>();

  static async connect(port: number): Promise<HeapProbe> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as [{ webSocketDebuggerUrl: string }];
    const socket = new WebSocket(target.webSocketDebuggerUrl, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new HeapProbe(socket);
  }

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString()) as {
        id: number;
        result?: { result?: { value: MemoryUsage } };
      };
      this.waiting.get(id)?.(result?.result);
      this.waiting.delete(id);
    });
  }

  async sample(): Promise<HeapSample> {
    // What a finalizer lets go of in the first is garbage for the second.
    await this.ask('HeapProfiler.collectGarbage');
    await sleep(50);
    await this.ask('HeapProfiler.collectGarbage');
    const answer = await this.ask('Runtime.evaluate', { expression: 'process.memoryUsage()', returnByValue: true });
    if (answer?.value === undefined) throw new Error('the inspector did not say how much memory is used');
    const { heapUsed, external, rss } = answer.value;
    return { atMs: performance.now(), heapBytes: heapUsed, externalBytes: external, residentBytes: rss };
  }

  close(): void {
    this.socket.close();
  }

  private ask(method: string, params: object = {}): Promise<{ value?: MemoryUsage } | undefined> {
    this.id += 1;
    const { id } = this;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
