/** Called once, when a key of the pool may be free; must decide anew, since another request may have been quicker. */
export type Wake = () => void;

/**
 * Requests waiting for a key, per pool, in order of arrival. Depth and time are bounded by `decide`, which sees the depth
 * and answers with how long to wait; here only the order is kept.
 */
export class KeyQueue {
  private readonly pools = new Map<string, Set<Wake>>();

  depth(pool: string): number {
    return this.pools.get(pool)?.size ?? 0;
  }

  wait(pool: string, wake: Wake): void {
    let waiting = this.pools.get(pool);
    if (waiting === undefined) {
      waiting = new Set();
      this.pools.set(pool, waiting);
    }
    waiting.add(wake);
  }

  leave(pool: string, wake: Wake): void {
    const waiting = this.pools.get(pool);
    if (waiting === undefined) return;
    waiting.delete(wake);
    if (waiting.size === 0) this.pools.delete(pool);
  }

  /** A permit came back: the first in line gets its chance. */
  wakeFirst(pool: string): void {
    const waiting = this.pools.get(pool);
    if (waiting === undefined) return;
    for (const wake of waiting) {
      this.leave(pool, wake);
      wake();
      return;
    }
  }
}
