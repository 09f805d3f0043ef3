/**
 * Weights by position, with their prefix sums (a Fenwick tree): set, total and the search for a point on the line of
 * weights are O(log n), so choosing among 10,000 keys costs what choosing among ten does. Weights are integers, which
 * keeps the sums exact.
 */
export class WeightTree {
  private readonly sums: Float64Array;
  private readonly weights: Float64Array;
  private readonly top: number;
  total = 0;

  constructor(readonly size: number) {
    this.sums = new Float64Array(size + 1);
    this.weights = new Float64Array(size);
    this.top = size === 0 ? 0 : 2 ** Math.floor(Math.log2(size));
  }

  set(position: number, weight: number): void {
    const change = weight - this.weights[position]!;
    if (change === 0) return;
    this.weights[position] = weight;
    this.total += change;
    for (let i = position + 1; i <= this.size; i += i & -i) this.sums[i] = this.sums[i]! + change;
  }

  /** Sum of the weights before `position`. */
  before(position: number): number {
    let sum = 0;
    for (let i = position; i > 0; i -= i & -i) sum += this.sums[i]!;
    return sum;
  }

  /** The position whose stretch of the line holds `point`, 0 <= point < total. */
  find(point: number): number {
    let position = 0;
    let rest = point;
    for (let step = this.top; step > 0; step >>= 1) {
      const next = position + step;
      if (next <= this.size && this.sums[next]! <= rest) {
        position = next;
        rest -= this.sums[next]!;
      }
    }
    return position;
  }
}
