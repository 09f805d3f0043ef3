import type { Clock } from '#libs/clock';
import type { WorkQueue } from './work-queue.js';

/** Adds keys to a queue later. A key has one pending addition: the earliest that was asked for. */
export class DelayedAdditions<Key> {
  private readonly pending = new Map<Key, { readonly dueMs: number; readonly cancel: () => void }>();

  constructor(
    private readonly queue: Pick<WorkQueue<Key>, 'add'>,
    private readonly clock: Clock,
  ) {}

  addAfter(key: Key, delayMs: number): void {
    if (delayMs <= 0) {
      this.cancel(key);
      this.queue.add(key);
      return;
    }
    const dueMs = this.clock.nowMs() + delayMs;
    const earlier = this.pending.get(key);
    if (earlier && earlier.dueMs <= dueMs) return;
    earlier?.cancel();
    const cancel = this.clock.after(delayMs, () => {
      this.pending.delete(key);
      this.queue.add(key);
    });
    this.pending.set(key, { dueMs, cancel });
  }

  cancelAll(): void {
    for (const key of this.pending.keys()) this.cancel(key);
  }

  private cancel(key: Key): void {
    this.pending.get(key)?.cancel();
    this.pending.delete(key);
  }
}
