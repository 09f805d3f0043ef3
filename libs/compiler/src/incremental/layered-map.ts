const gone = Symbol('gone');

/**
 * A map on top of another: it shows what is below with its own writes over it, and never writes through. What is
 * below must not change while something stands on it, unless by `merge`.
 */
export class LayeredMap<Value> {
  #own = new Map<string, Value | typeof gone>();
  readonly #below: LayeredMap<Value> | undefined;

  constructor(below?: LayeredMap<Value>) {
    this.#below = below;
  }

  get(key: string): Value | undefined {
    const own = this.#own.get(key);
    if (own !== undefined) return own === gone ? undefined : own;
    return this.#below?.get(key);
  }

  set(key: string, value: Value): void {
    this.#own.set(key, value);
  }

  delete(key: string): void {
    if (this.#below === undefined) this.#own.delete(key);
    else this.#own.set(key, gone);
  }

  /** Every key with a value, in no order. */
  *entries(): IterableIterator<[string, Value]> {
    for (const [key, value] of this.#own) if (value !== gone) yield [key, value];
    for (const entry of this.#below?.entries() ?? []) if (!this.#own.has(entry[0])) yield entry;
  }

  /** Keys that this layer wrote, deletions included. */
  written(): Iterable<string> {
    return this.#own.keys();
  }

  get isEmpty(): boolean {
    for (const _ of this.entries()) return false;
    return true;
  }

  /** Writes all this into what is below, and begins anew on top of it. */
  merge(): void {
    const below = this.#below!;
    for (const [key, value] of this.#own) {
      if (value === gone) below.delete(key);
      else below.set(key, value);
    }
    this.#own = new Map();
  }
}
