/** As long as mutable state outlives the last table that names it. */
const GRACE_MS = 600_000;

export interface IdentitySeries {
  /** Stops exposing the series. */
  remove(): void;
}

/**
 * Held series by a stable identity (a route, a backend), made at its first use, because resolving thousands that see no
 * traffic would make every swap slow. What leaves the table is exposed for a while longer, so that the last scrape still
 * gets its final counts, and comes back unharmed if a later table names it again.
 */
export class SeriesByIdentity<S extends IdentitySeries> {
  private readonly held = new Map<string, S>();
  private readonly leftAtMs = new Map<string, number>();

  constructor(private readonly create: (identity: string) => S) {}

  of(identity: string): S {
    const found = this.held.get(identity);
    if (found !== undefined) return found;
    const created = this.create(identity);
    this.held.set(identity, created);
    return created;
  }

  retain(isNamed: (identity: string) => boolean, nowMs: number): void {
    for (const [identity, series] of this.held) {
      if (isNamed(identity)) {
        this.leftAtMs.delete(identity);
        continue;
      }
      const leftAtMs = this.leftAtMs.get(identity) ?? nowMs;
      this.leftAtMs.set(identity, leftAtMs);
      if (nowMs - leftAtMs < GRACE_MS) continue;
      series.remove();
      this.held.delete(identity);
      this.leftAtMs.delete(identity);
    }
  }
}
