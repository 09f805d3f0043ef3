import type { KeyPoolEntry } from '#libs/routing-table';
import { LoadTree } from './load-tree.js';
import { WeightTree } from './weight-tree.js';

/** How a pool chooses among its available keys. Positions are those of the index. */
export interface KeySelection {
  /** `load` is the requests in flight of the key's quota group. */
  set(position: number, available: boolean, load: number): void;
  /** True if some position is available. */
  readonly hasAny: boolean;
  /** A position; only called while `hasAny`. */
  find(random: number): number;
  /** A request starts with this key. */
  taken(position: number): void;
  /** Goes on from where another selection of the same keys is. */
  follow(other: KeySelection): void;
}

/** In proportion to the weights. */
class WeightedRandom implements KeySelection {
  private readonly tree: WeightTree;
  constructor(private readonly weights: readonly number[]) {
    this.tree = new WeightTree(weights.length);
  }
  get hasAny(): boolean {
    return this.tree.total > 0;
  }
  set(position: number, available: boolean): void {
    this.tree.set(position, available ? this.weights[position]! : 0);
  }
  find(random: number): number {
    return this.tree.find(random * this.tree.total);
  }
  taken(): void {}
  follow(): void {}
}

/** The next available key after the one used last. Weights only drain. */
class RoundRobin implements KeySelection {
  private readonly tree: WeightTree;
  private cursor = 0;
  constructor(private readonly weights: readonly number[]) {
    this.tree = new WeightTree(weights.length);
  }
  get hasAny(): boolean {
    return this.tree.total > 0;
  }
  set(position: number, available: boolean): void {
    this.tree.set(position, available ? 1 : 0);
  }
  find(): number {
    const passed = this.tree.before(this.cursor);
    return this.tree.find(passed < this.tree.total ? passed : 0);
  }
  taken(position: number): void {
    this.cursor = (position + 1) % this.weights.length;
  }
  follow(other: KeySelection): void {
    if (other instanceof RoundRobin) this.cursor = other.cursor;
  }
}

/** The key with the fewest requests in flight; ties in proportion to the weights. */
class LeastInFlight implements KeySelection {
  private readonly tree: LoadTree;
  constructor(private readonly weights: readonly number[]) {
    this.tree = new LoadTree(weights.length);
  }
  get hasAny(): boolean {
    return this.tree.leastWeight > 0;
  }
  set(position: number, available: boolean, load: number): void {
    this.tree.set(position, available ? load : Infinity, this.weights[position]!);
  }
  find(random: number): number {
    return this.tree.find(random * this.tree.leastWeight);
  }
  taken(): void {}
  follow(): void {}
}

const selections = { WeightedRandom, RoundRobin, LeastInFlight };

export function keySelection(name: KeyPoolEntry['selection'], weights: readonly number[]): KeySelection {
  return new selections[name](weights);
}
