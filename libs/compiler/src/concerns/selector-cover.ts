type Labels = Readonly<Record<string, string>>;

/**
 * Finds, among selectors added before, one that takes every consumer that a given selector takes: one whose labels are
 * all among the given ones. Each is filed under its rarest label, so a lookup looks at few of thousands.
 */
export class SelectorCover<Owner> {
  private readonly frequency = new Map<string, number>();
  private readonly filed = new Map<string, { labels: Labels; owner: Owner }[]>();
  private catchAll: Owner | undefined;

  /** `all`: every selector that will be added. */
  constructor(all: readonly Labels[]) {
    for (const labels of all) {
      for (const pair of pairsOf(labels)) this.frequency.set(pair, (this.frequency.get(pair) ?? 0) + 1);
    }
  }

  add(labels: Labels, owner: Owner): void {
    const rarest = pairsOf(labels).reduce<string | undefined>(
      (best, pair) => (best === undefined || this.frequency.get(pair)! < this.frequency.get(best)! ? pair : best),
      undefined,
    );
    if (rarest === undefined) {
      this.catchAll ??= owner;
      return;
    }
    const others = this.filed.get(rarest);
    if (others === undefined) this.filed.set(rarest, [{ labels, owner }]);
    else others.push({ labels, owner });
  }

  /** The first added one of those that cover the given labels; of several, whichever label leads to it first. */
  find(labels: Labels): Owner | undefined {
    for (const pair of pairsOf(labels)) {
      for (const other of this.filed.get(pair) ?? []) if (isWithin(other.labels, labels)) return other.owner;
    }
    return this.catchAll;
  }
}

function pairsOf(labels: Labels): string[] {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`);
}

function isWithin(inner: Labels, outer: Labels): boolean {
  return Object.entries(inner).every(([name, value]) => Object.hasOwn(outer, name) && outer[name] === value);
}
