/** How long state outlives the last table that names it: a route taken out and put back finds its history again. */
export const KEEP_UNNAMED_MS = 10 * 60_000;

interface Kept<State> {
  readonly state: State;
  /** When a sweep first found it unnamed; undefined: some table names it. */
  unnamedSinceMs: number | undefined;
}

/** Mutable state by stable identity, outside every table, so that it survives each swap. */
export class IdentityMap<State> {
  private readonly kept = new Map<string, Kept<State>>();
  private readonly create: (id: string) => State;
  private readonly onDropped: (state: State) => void;
  private unnamed = 0;

  constructor(create: (id: string) => State, onDropped: (state: State) => void = () => {}) {
    this.create = create;
    this.onDropped = onDropped;
  }

  get size(): number {
    return this.kept.size;
  }

  get(id: string): State {
    let found = this.kept.get(id);
    if (found === undefined) {
      found = { state: this.create(id), unnamedSinceMs: undefined };
      this.kept.set(id, found);
    }
    return found.state;
  }

  /** undefined: nothing has been kept under it yet. */
  find(id: string): State | undefined {
    return this.kept.get(id)?.state;
  }

  *entries(): IterableIterator<[string, State]> {
    for (const [id, { state }] of this.kept) yield [id, state];
  }

  /**
   * Looks at one identity a step, so that requests may run in between. `named`: the identities of every table that is
   * current or still pinned by a request, whole before each step.
   */
  *sweep(named: ReadonlySet<string>, nowMs: number): IterableIterator<void> {
    for (const [id, kept] of this.kept) {
      this.look(id, kept, named.has(id), nowMs);
      yield;
    }
  }

  /** True: a later sweep has something to drop even if no table changes. */
  get hasUnnamed(): boolean {
    return this.unnamed > 0;
  }

  private look(id: string, kept: Kept<State>, isNamed: boolean, nowMs: number): void {
    if (isNamed) {
      if (kept.unnamedSinceMs !== undefined) this.unnamed -= 1;
      kept.unnamedSinceMs = undefined;
    } else if (kept.unnamedSinceMs === undefined) {
      this.unnamed += 1;
      kept.unnamedSinceMs = nowMs;
    } else if (nowMs - kept.unnamedSinceMs >= KEEP_UNNAMED_MS) {
      this.unnamed -= 1;
      this.kept.delete(id);
      this.onDropped(kept.state);
    }
  }
}

/** What upkeep sees of each map. */
export type Sweepable = Pick<IdentityMap<unknown>, 'sweep' | 'hasUnnamed'>;
