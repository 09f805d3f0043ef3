import { type BreakerState, breakerEnded, breakerResult, breakerStarted, mayEject, newBreaker } from '#libs/routing';
import type { ErrorClass } from '#libs/inference';
import type { BackendEntry } from '#libs/routing-table';
import { IdentityMap } from './identity-map.js';

/** One breaker's current state. */
export class BreakerCell {
  readonly id: string;
  state: BreakerState = newBreaker;

  constructor(id: string) {
    this.id = id;
  }
}

export type BreakerListener = (id: string, phase: BreakerState['phase']) => void;

/** Holds the breakers by identity; what they do is in `libs/routing`. */
export class Breakers {
  readonly byId = new IdentityMap((id) => new BreakerCell(id));
  private readonly onPhase: BreakerListener;

  constructor(onPhase: BreakerListener) {
    this.onPhase = onPhase;
  }

  of(entry: BackendEntry): BreakerCell {
    return this.byId.get(entry.breakerId);
  }

  /** An attempt starts. Returns the epoch to give back at its end. */
  started(cell: BreakerCell, nowMs: number): number {
    this.move(cell, breakerStarted(cell.state, nowMs));
    return cell.state.epoch;
  }

  /** An attempt ended; `errorClass` undefined: well. */
  ended(
    cell: BreakerCell,
    entry: BackendEntry,
    epoch: number,
    errorClass: ErrorClass | undefined,
    nowMs: number,
  ): void {
    const result = breakerResult(errorClass, cell.state.phase);
    // Siblings are looked at only where something may open: a success never does.
    const ejectable = result !== 'Failure' || this.ejectable(entry);
    this.move(cell, breakerEnded(cell.state, entry.breaker, result, epoch, ejectable, nowMs));
  }

  /** By a person: closed, with nothing counted. Returns what it was; undefined: there is no such breaker. */
  reset(id: string): BreakerState['phase'] | undefined {
    const cell = this.byId.find(id);
    if (cell === undefined) return undefined;
    const { phase, epoch } = cell.state;
    this.move(cell, { ...newBreaker, epoch: epoch + 1 });
    return phase;
  }

  private move(cell: BreakerCell, next: BreakerState): void {
    const before = cell.state.phase;
    cell.state = next;
    if (next.phase !== before) this.onPhase(cell.id, next.phase);
  }

  private ejectable(entry: BackendEntry): boolean {
    const provider = `${entry.namespace}/${entry.provider}/`;
    let ejected = 0;
    let population = 0;
    for (const [id, { state }] of this.byId.entries()) {
      if (!id.startsWith(provider)) continue;
      population += 1;
      if (state.phase !== 'Closed') ejected += 1;
    }
    return mayEject(entry.breaker, ejected, population);
  }
}
