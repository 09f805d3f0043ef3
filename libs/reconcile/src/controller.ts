import { DelayedAdditions } from './delayed-additions.js';
import { RetryAdditions, type RetryDelays } from './retry-additions.js';
import type { Clock } from '#libs/clock';
import { WorkQueue } from './work-queue.js';

/** What a run came to; each is one label of the controller's metric, present at zero from the start. */
export const reconcileResults = ['success', 'requeue_after', 'error', 'panic'] as const;
export type ReconcileResult = (typeof reconcileResults)[number];

/** `requeueAfterMs`: look again then, whatever happens. Nothing: done until the next change. */
export type ReconcileAnswer = { readonly requeueAfterMs: number } | undefined;

/** An expected failure, told without its stack: it is retried like every other. All else that is thrown is a panic. */
export class ReconcileError extends Error {
  override readonly name: string = 'ReconcileError';
}

export interface ControllerOptions<Key> {
  /** Told a key, never an event: it reads the present state and works towards what should be. */
  reconcile(key: Key): Promise<ReconcileAnswer>;
  /** Keys worked on at the same time; one key never is. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly delays: RetryDelays;
  /** Counts runs: called with 0 for every result at the start. */
  count(result: ReconcileResult, amount: number): void;
  onError(key: Key, error: unknown, result: 'error' | 'panic', failures: number): void;
}

/** Takes keys off a queue and reconciles each until that succeeds. */
export class Controller<Key> {
  private readonly queue = new WorkQueue<Key>();
  private readonly delayed: DelayedAdditions<Key>;
  private readonly retries: RetryAdditions<Key>;
  private workers: Promise<void>[] = [];

  constructor(private readonly options: ControllerOptions<Key>) {
    this.delayed = new DelayedAdditions(this.queue, options.clock);
    this.retries = new RetryAdditions(this.delayed, options.delays);
    for (const result of reconcileResults) options.count(result, 0);
  }

  start(): void {
    this.workers = Array.from({ length: this.options.concurrency }, () => this.work());
  }

  /** Ends when the runs in progress have ended. */
  async stop(): Promise<void> {
    this.delayed.cancelAll();
    this.queue.close();
    await Promise.all(this.workers);
    // A run that failed meanwhile has asked for another one.
    this.delayed.cancelAll();
  }

  add(key: Key): void {
    this.queue.add(key);
  }

  addAfter(key: Key, delayMs: number): void {
    this.delayed.addAfter(key, delayMs);
  }

  private async work(): Promise<void> {
    for (;;) {
      const key = await this.queue.take();
      if (key === undefined) return;
      await this.run(key);
      this.queue.done(key);
    }
  }

  private async run(key: Key): Promise<void> {
    let answer: ReconcileAnswer;
    try {
      answer = await this.options.reconcile(key);
    } catch (error) {
      const result = error instanceof ReconcileError ? 'error' : 'panic';
      this.retries.failed(key);
      this.options.count(result, 1);
      this.options.onError(key, error, result, this.retries.failuresOf(key));
      return;
    }
    this.retries.succeeded(key);
    if (answer) this.delayed.addAfter(key, answer.requeueAfterMs);
    this.options.count(answer ? 'requeue_after' : 'success', 1);
  }
}
