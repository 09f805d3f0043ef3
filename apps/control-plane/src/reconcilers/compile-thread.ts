import { Worker } from 'node:worker_threads';
import type { CompileAnswer, CompileRequest, CompileResult } from './compile-messages.js';

/** Nothing transforms the source of a thread: a process that runs from the sources takes it from the build. */
const script = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/apps/control-plane/src/reconcilers/compile-worker.js', import.meta.url)
  : new URL('./compile-worker.js', import.meta.url);

interface Waiting {
  readonly id: number;
  resolve(result: CompileResult): void;
  reject(error: Error): void;
}

/** The compile thread as the main thread sees it: one request at a time, a new thread when the old one died. */
export class CompileThread {
  private worker: Worker | undefined;
  private waiting: Waiting | undefined;
  private requests = 0;

  /** False: the next request must be a reset, because the thread knows nothing. */
  get primed(): boolean {
    return this.worker !== undefined;
  }

  /** Rejects if compile throws or the thread dies; after the latter it is not primed any more. */
  async compile(request: Omit<CompileRequest, 'id'>): Promise<CompileResult> {
    const worker = this.worker ?? this.spawn();
    const id = ++this.requests;
    const answered = new Promise<CompileResult>((resolve, reject) => {
      this.waiting = { id, resolve, reject };
    });
    worker.postMessage({ ...request, id } satisfies CompileRequest, []);
    return answered;
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.lose(new Error('the compile thread was stopped'));
    await worker?.terminate();
  }

  private spawn(): Worker {
    const worker = new Worker(script);
    // A process whose work is over must not be held open by an idle thread.
    worker.unref();
    worker.on('message', (answer: CompileAnswer) => this.settle(answer));
    worker.on('error', (error) => this.lose(error, worker));
    worker.on('exit', (code) => this.lose(new Error(`the compile thread ended with code ${code}`), worker));
    this.worker = worker;
    return worker;
  }

  private settle(answer: CompileAnswer): void {
    const { waiting } = this;
    if (waiting?.id !== answer.id) return;
    this.waiting = undefined;
    if ('result' in answer) waiting.resolve(answer.result);
    else waiting.reject(new Error(answer.error));
  }

  private lose(error: Error, worker = this.worker): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(error);
  }
}
