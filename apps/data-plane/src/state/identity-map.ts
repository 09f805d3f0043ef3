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

  /** `named`: the identities of every table that is current or still pinned by a request. */
  sweep(named: ReadonlySet<string>, nowMs: number): void {
    for (const [id, kept] of this.kept) {
      if (named.has(id)) kept.unnamedSinceMs = undefined;
      else if (kept.unnamedSinceMs === undefined) kept.unnamedSinceMs = nowMs;
      else if (nowMs - kept.unnamedSinceMs >= KEEP_UNNAMED_MS) {
        this.kept.delete(id);
        this.onDropped(kept.state);
      }
    }
  }

  /** True: a later sweep has something to drop even if no table changes. */
  get hasUnnamed(): boolean {
    for (const kept of this.kept.values()) if (kept.unnamedSinceMs !== undefined) return true;
    return false;
  }
}

/** What upkeep sees of each map. */
export type Sweepable = Pick<IdentityMap<unknown>, 'sweep' | 'hasUnnamed'>;
