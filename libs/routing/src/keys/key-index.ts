import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { KeyIndexView } from '../state-view.js';
import { CoolingQueue } from './cooling-queue.js';
import { keySelection, type KeySelection } from './selection.js';

/**
 * The keys of a pool that serve one model, indexed so that choosing one and every change of a key's state cost
 * O(log keys). A mutable structure with pure inputs: its owner tells it of cooldowns and permits and passes the time.
 *
 * A key is available when its weight is not 0, it isn't cooling and its quota group has a permit left. Times may only
 * rise: a key that has come back at one time stays back for reads at an earlier one.
 */
export class KeyIndex implements KeyIndexView {
  private readonly keys: readonly PoolKey[];
  private readonly selection: KeySelection;
  private readonly coolUntilMs: Float64Array;
  private readonly inFlight: Float64Array;
  private readonly cooling = new CoolingQueue();
  private readonly positions = new Map<string, number>();
  private readonly byCredential = new Map<string, number[]>();
  private readonly byLimiter = new Map<string, number[]>();
  /** Keys held back by their limit alone. */
  private saturated = 0;

  constructor(pool: KeyPoolEntry, model: string) {
    this.keys = pool.keys.filter((key) => key.weight > 0 && (key.models?.includes(model) ?? true));
    this.selection = keySelection(
      pool.selection,
      this.keys.map((key) => key.weight),
    );
    this.coolUntilMs = new Float64Array(this.keys.length);
    this.inFlight = new Float64Array(this.keys.length);
    for (const [position, key] of this.keys.entries()) {
      this.positions.set(key.name, position);
      append(this.byCredential, key.credential, position);
      append(this.byLimiter, key.limiterId, position);
      this.refresh(position);
      if (this.isAtLimit(position)) this.saturated++;
    }
  }

  /** The credential must not be used before `untilMs`: Infinity until told otherwise, 0 at once. Replaces what was set. */
  cool(credential: string, untilMs: number): void {
    for (const position of this.byCredential.get(credential) ?? []) {
      this.set(position, untilMs, this.inFlight[position]!);
      if (untilMs > 0 && untilMs !== Infinity) this.cooling.push(untilMs, position);
    }
  }

  /** The requests in flight of a quota group changed. */
  setInFlight(limiterId: string, inFlight: number): void {
    for (const position of this.byLimiter.get(limiterId) ?? []) {
      this.set(position, this.coolUntilMs[position]!, inFlight);
    }
  }

  /** A request starts with this key. */
  taken(key: PoolKey): void {
    const position = this.positions.get(key.name);
    if (position !== undefined) this.selection.taken(position);
  }

  pick(nowMs: number, random: number, exclude: readonly string[]): PoolKey | undefined {
    this.revive(nowMs);
    if (exclude.length === 0) return this.find(random);
    const hidden = exclude
      .map((name) => this.positions.get(name))
      .filter((position): position is number => position !== undefined);
    for (const position of hidden) this.selection.set(position, false, 0);
    const key = this.find(random);
    for (const position of hidden) this.refresh(position);
    return key;
  }

  nextAvailableMs(nowMs: number): number {
    this.revive(nowMs);
    if (this.selection.hasAny) return nowMs;
    this.dropSuperseded();
    return this.cooling.earliestMs;
  }

  isSaturated(nowMs: number): boolean {
    this.revive(nowMs);
    return this.saturated > 0;
  }

  private find(random: number): PoolKey | undefined {
    return this.selection.hasAny ? this.keys[this.selection.find(random)] : undefined;
  }

  private revive(nowMs: number): void {
    while (this.cooling.earliestMs <= nowMs) {
      const position = this.cooling.earliest!;
      const isCurrent = this.coolUntilMs[position] === this.cooling.earliestMs;
      this.cooling.pop();
      if (isCurrent) this.set(position, 0, this.inFlight[position]!);
    }
  }

  /** A cooldown that was replaced leaves its old end in the queue. */
  private dropSuperseded(): void {
    while (this.cooling.size > 0 && this.coolUntilMs[this.cooling.earliest!] !== this.cooling.earliestMs) {
      this.cooling.pop();
    }
  }

  private set(position: number, coolUntilMs: number, inFlight: number): void {
    if (this.isHeldByLimit(position)) this.saturated--;
    this.coolUntilMs[position] = coolUntilMs;
    this.inFlight[position] = inFlight;
    if (this.isHeldByLimit(position)) this.saturated++;
    this.refresh(position);
  }

  private refresh(position: number): void {
    const available = this.coolUntilMs[position] === 0 && !this.isAtLimit(position);
    this.selection.set(position, available, this.inFlight[position]!);
  }

  private isHeldByLimit(position: number): boolean {
    return this.coolUntilMs[position] === 0 && this.isAtLimit(position);
  }

  private isAtLimit(position: number): boolean {
    return this.inFlight[position]! >= (this.keys[position]!.maxConcurrency ?? Infinity);
  }
}

function append(index: Map<string, number[]>, id: string, position: number): void {
  const positions = index.get(id);
  if (positions === undefined) index.set(id, [position]);
  else positions.push(position);
}
