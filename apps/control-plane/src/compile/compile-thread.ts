import { Worker } from 'node:worker_threads';
import type {
  CompileRequest,
  CompileResult,
  Preview,
  PreviewRequest,
  ThreadAnswer,
  ThreadRequest,
} from './compile-messages.js';

/** Nothing transforms the source of a thread: a process that runs from the sources takes it from the build. */
const script = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/apps/control-plane/src/compile/compile-worker.js', import.meta.url)
  : new URL('./compile-worker.js', import.meta.url);

/** A request without its number. */
type Unnumbered<Request> = Omit<Request, 'id'>;

interface Waiting {
  resolve(answer: ThreadAnswer): void;
  reject(error: Error): void;
}

/** The compile thread as the main thread sees it: it answers in the order of the requests. A new thread when the old one died. */
export class CompileThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;

  /** False: the next request must be a reset, because the thread knows nothing. */
  get primed(): boolean {
    return this.worker !== undefined;
  }

  /** Rejects if compile throws or the thread dies; after the latter it is not primed any more. */
  async compile(request: Unnumbered<CompileRequest>): Promise<CompileResult> {
    const answer = await this.ask(this.worker ?? this.spawn(), (id) => ({ ...request, id }));
    if ('result' in answer) return answer.result;
    throw failureOf(answer);
  }

  /** Rejects as `compile` does, and where nothing has been compiled yet. */
  async preview(request: Unnumbered<PreviewRequest>): Promise<Preview> {
    if (!this.worker) throw new Error('nothing has been compiled yet');
    const answer = await this.ask(this.worker, (id) => ({ ...request, id }));
    if ('preview' in answer) return answer.preview;
    throw failureOf(answer);
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.lose(new Error('the compile thread was stopped'));
    await worker?.terminate();
  }

  private ask(worker: Worker, requestOf: (id: number) => ThreadRequest): Promise<ThreadAnswer> {
    const id = ++this.requests;
    return new Promise((resolve, reject) => {
      worker.postMessage(requestOf(id), []);
      this.waiting.set(id, { resolve, reject });
    });
  }

  private spawn(): Worker {
    const worker = new Worker(script);
    // A process whose work is over must not be held open by an idle thread.
    worker.unref();
    worker.on('message', (answer: ThreadAnswer) => this.settle(answer));
    worker.on('error', (error) => this.lose(error, worker));
    worker.on('exit', (code) => this.lose(new Error(`the compile thread ended with code ${code}`), worker));
    this.worker = worker;
    return worker;
  }

  private settle(answer: ThreadAnswer): void {
    this.waiting.get(answer.id)?.resolve(answer);
    this.waiting.delete(answer.id);
  }

  private lose(error: Error, worker = this.worker): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    for (const request of this.waiting.values()) request.reject(error);
    this.waiting.clear();
  }
}

function failureOf(answer: ThreadAnswer): Error {
  return new Error('error' in answer ? answer.error : 'the compile thread answered another question');
}
