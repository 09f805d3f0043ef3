/**
 * Part of the table's version, as each bucket has a digest: another count would change every version.
 * A table of 100,000 entries has about 100 a bucket.
 */
export const BUCKET_COUNT = 1024;

/** FNV-1a over the UTF-16 code units, folded to ten bits: spread, not secrecy, is what a bucket needs. */
export function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 20) ^ (hash >>> 10) ^ hash) & (BUCKET_COUNT - 1);
}

type Bucket<Value> = ReadonlyMap<string, Value>;

/**
 * An immutable map that shares its untouched buckets with the map it was edited from: a change of one entry in a table of
 * 100,000 copies about a hundred references, and the old map stays whole for the requests that still use it.
 */
export class BucketedMap<Value> {
  private constructor(
    private readonly buckets: readonly (Bucket<Value> | undefined)[],
    readonly size: number,
  ) {}

  static empty<Value>(): BucketedMap<Value> {
    return new BucketedMap<Value>(Array.from({ length: BUCKET_COUNT }), 0);
  }

  get(key: string): Value | undefined {
    return this.buckets[bucketOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.buckets[bucketOf(key)]?.has(key) ?? false;
  }

  /** Bucket by bucket; the order within a bucket is that of insertion, so nothing may depend on it. */
  *entries(): IterableIterator<[string, Value]> {
    for (const bucket of this.buckets) if (bucket) yield* bucket.entries();
  }

  bucket(index: number): Bucket<Value> | undefined {
    return this.buckets[index];
  }

  /**
   * Keys of the earlier map whose value is another one here, or gone. Buckets that the two share aren't looked at, so that
   * after one edit of 100,000 entries it is about a hundred that are.
   */
  *changedSince(earlier: BucketedMap<Value>): IterableIterator<string> {
    for (const [index, before] of earlier.buckets.entries()) {
      const now = this.buckets[index];
      if (before === undefined || before === now) continue;
      for (const [key, value] of before) if (now?.get(key) !== value) yield key;
    }
  }

  edit(): BucketedMapEditor<Value> {
    return new BucketedMapEditor(this.buckets, this.size, (buckets, size) => new BucketedMap(buckets, size));
  }
}

/** Collects changes; the map it came from never sees them. Useless after `freeze`. */
export class BucketedMapEditor<Value> {
  private readonly buckets: (Bucket<Value> | undefined)[];
  private readonly owned = new Map<number, Map<string, Value>>();

  /** Made by `BucketedMap.edit`. */
  constructor(
    base: readonly (Bucket<Value> | undefined)[],
    private size: number,
    private readonly make: (buckets: readonly (Bucket<Value> | undefined)[], size: number) => BucketedMap<Value>,
  ) {
    this.buckets = [...base];
  }

  get(key: string): Value | undefined {
    return this.buckets[bucketOf(key)]?.get(key);
  }

  set(key: string, value: Value): void {
    const bucket = this.own(bucketOf(key));
    if (!bucket.has(key)) this.size++;
    bucket.set(key, value);
  }

  /** Returns whether the key was there. */
  delete(key: string): boolean {
    const index = bucketOf(key);
    if (!this.buckets[index]?.has(key)) return false;
    this.size--;
    return this.own(index).delete(key);
  }

  /** Indices of the buckets that were written to. */
  get touched(): Iterable<number> {
    return this.owned.keys();
  }

  freeze(): BucketedMap<Value> {
    for (const [index, bucket] of this.owned) if (bucket.size === 0) this.buckets[index] = undefined;
    return this.make(this.buckets, this.size);
  }

  private own(index: number): Map<string, Value> {
    let bucket = this.owned.get(index);
    if (!bucket) {
      bucket = new Map(this.buckets[index]);
      this.owned.set(index, bucket);
      this.buckets[index] = bucket;
    }
    return bucket;
  }
}
