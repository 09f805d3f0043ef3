/** As long as mutable state outlives the last table that names it. */
const GRACE_MS = 600_000;

/** Label value of the one series that identities share for which there is no room; no name in the configuration can be it. */
export const OTHER = '_other';

export interface IdentitySeries {
  /** Stops exposing the series. */
  remove(): void;
}

/**
 * Held series by a stable identity (a route, a backend), made at its first use, because resolving thousands that see no
 * traffic would make every swap slow. What leaves the table is exposed for a while longer, so that the last scrape still
 * gets its final counts, and comes back unharmed if a later table names it again.
 */
export class SeriesByIdentity<S extends IdentitySeries> implements IdentitySeries {
  private readonly held = new Map<string, S>();
  private readonly leftAtMs = new Map<string, number>();
  private other: S | undefined;

  constructor(
    private readonly create: (identity: string) => S,
    /** Identities with series of their own; those that come later share one. */
    private readonly most = Infinity,
  ) {}

  of(identity: string): S {
    const found = this.held.get(identity);
    if (found !== undefined) return found;
    if (this.held.size >= this.most) return (this.other ??= this.create(OTHER));
    const created = this.create(identity);
    this.held.set(identity, created);
    return created;
  }

  entries(): Iterable<[string, S]> {
    return this.held;
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

  remove(): void {
    for (const [, series] of this.held) series.remove();
    this.other?.remove();
  }
}
