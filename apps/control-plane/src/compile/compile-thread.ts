import { setImmediate as othersTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { essential, partsOf } from './compile-parts.js';
import type { CompileRequest, CompileResult, Preview, PreviewRequest, ThreadAnswer } from './compile-messages.js';
import { unpackEntries } from './packed-entries.js';

/** Nothing transforms the source of a thread: a process that runs from the sources takes it from the build. */
const script = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/apps/control-plane/src/compile/compile-worker.js', import.meta.url)
  : new URL('./compile-worker.js', import.meta.url);

interface Waiting {
  resolve(answer: ThreadAnswer): void;
  reject(error: Error): void;
}

/**
 * The compile thread as the main thread sees it. Compiles are answered in their order; a preview doesn't wait for them, and
 * goes by what was compiled last. A new thread when the old one died.
 */
export class CompileThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;

  /** False: the next compile must be a reset, because the thread knows nothing. */
  get primed(): boolean {
    return this.worker !== undefined;
  }

  /** Rejects if compile throws or the thread dies; after the latter it is not primed any more. One at a time. */
  async compile(request: CompileRequest): Promise<CompileResult> {
    const worker = this.worker ?? this.spawn();
    const id = ++this.requests;
    const answered = this.answerTo(id);
    this.post(worker, id, request).catch((error: unknown) => this.settle({ id, error: String(error) }));
    const answer = await answered;
    if (!('result' in answer)) throw failureOf(answer);
    return { ...answer.result, upserts: unpackEntries(answer.result.upserts) };
  }

  /** Rejects as `compile` does, and where nothing has been compiled yet. */
  async preview({ preview, ...changes }: PreviewRequest): Promise<Preview> {
    if (!this.worker) throw new Error('nothing has been compiled yet');
    const id = ++this.requests;
    const answered = this.answerTo(id);
    this.worker.postMessage({ id, preview: { preview, ...essential(changes) } }, []);
    const answer = await answered;
    if ('preview' in answer) return answer.preview;
    throw failureOf(answer);
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.lose(new Error('the compile thread was stopped'));
    await worker?.terminate();
  }

  private async post(worker: Worker, id: number, request: CompileRequest): Promise<void> {
    for (const [compile, more] of partsOf(request)) {
      worker.postMessage({ id, compile, more }, []);
      if (more) await othersTurn();
    }
  }

  private answerTo(id: number): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
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
