/**
 * Called when a key of the pool may be free; must decide anew, since another request may have been quicker, or the key
 * may not serve this one's model. True: it started an attempt. To go on waiting it calls `wait` again.
 */
export type Wake = () => boolean;

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

  /** A permit came back: the first in line that can use it gets it, and the others keep their places. */
  wake(pool: string): void {
    const line = this.pools.get(pool);
    if (line === undefined) return;
    const inOrder = [...line];
    for (const wake of inOrder) {
      // One that was woken before may have ended another.
      if (this.pools.get(pool)?.has(wake) !== true) continue;
      this.leave(pool, wake);
      if (wake()) break;
    }
    const waiting = this.pools.get(pool);
    if (waiting === undefined) return;
    const kept = inOrder.filter((wake) => waiting.has(wake));
    this.pools.set(pool, new Set([...kept, ...waiting]));
  }
}
