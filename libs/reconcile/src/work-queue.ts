/**
 * Keys to work on, each at most once at a time. Three sets make it level-based: a key that is added while it waits is
 * there already; one added while it is worked on is only marked dirty, and waits again once the work is done. So no
 * change is lost, none is worked on twice at once, and a burst costs one more run.
 */
export class WorkQueue<Key> {
  /** In the order of their first addition. */
  private readonly order: Key[] = [];
  /** Needs work. */
  private readonly dirty = new Set<Key>();
  /** Taken and not done. */
  private readonly processing = new Set<Key>();
  private readonly takers: ((key: Key | undefined) => void)[] = [];
  private closed = false;

  /** Keys that wait, those in work left out. */
  get length(): number {
    return this.order.length;
  }

  add(key: Key): void {
    if (this.closed || this.dirty.has(key)) return;
    this.dirty.add(key);
    if (!this.processing.has(key)) this.offer(key);
  }

  /** The next key, as soon as there is one; undefined after `close`. Each taken key must be given back by `done`. */
  take(): Promise<Key | undefined> {
    if (this.order.length > 0) return Promise.resolve(this.start(this.order.shift()!));
    if (this.closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.takers.push(resolve));
  }

  done(key: Key): void {
    this.processing.delete(key);
    if (!this.closed && this.dirty.has(key)) this.offer(key);
  }

  /** Nothing is added or handed out any more; what waits is dropped. */
  close(): void {
    this.closed = true;
    this.order.length = 0;
    this.dirty.clear();
    for (const taker of this.takers.splice(0)) taker(undefined);
  }

  private offer(key: Key): void {
    const taker = this.takers.shift();
    if (taker) taker(this.start(key));
    else this.order.push(key);
  }

  private start(key: Key): Key {
    this.processing.add(key);
    this.dirty.delete(key);
    return key;
  }
}
