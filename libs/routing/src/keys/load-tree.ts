/**
 * Loads and weights by position, searched for the least load (a segment tree, each node holding its half's least load and
 * the weight that stands at it). Set is O(log n), so is the search; ties are broken in proportion to the weights.
 */
export class LoadTree {
  private readonly loads: Float64Array;
  private readonly weights: Float64Array;
  private readonly leaves: number;

  constructor(size: number) {
    this.leaves = size <= 1 ? 1 : 2 ** Math.ceil(Math.log2(size));
    this.loads = new Float64Array(2 * this.leaves).fill(Infinity);
    this.weights = new Float64Array(2 * this.leaves);
  }

  /** Weight that stands at the least load; 0: nothing to choose. */
  get leastWeight(): number {
    return this.weights[1]!;
  }

  /** A load of Infinity or a weight of 0 takes the position out. */
  set(position: number, load: number, weight: number): void {
    let node = this.leaves + position;
    this.loads[node] = weight === 0 ? Infinity : load;
    this.weights[node] = load === Infinity ? 0 : weight;
    for (node >>= 1; node >= 1; node >>= 1) {
      const left = 2 * node;
      const right = left + 1;
      const least = Math.min(this.loads[left]!, this.loads[right]!);
      this.loads[node] = least;
      this.weights[node] =
        (this.loads[left] === least ? this.weights[left]! : 0) +
        (this.loads[right] === least ? this.weights[right]! : 0);
    }
  }

  /** The position at `point` on the line of the weights at the least load, 0 <= point < leastWeight. */
  find(point: number): number {
    const least = this.loads[1]!;
    let rest = point;
    let node = 1;
    while (node < this.leaves) {
      node *= 2;
      const here = this.loads[node] === least ? this.weights[node]! : 0;
      if (rest >= here) {
        rest -= here;
        node++;
      }
    }
    return node - this.leaves;
  }
}
