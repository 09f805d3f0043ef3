/**
 * Lets a few things be under way at once; the others have their turn as one ends. Reads of files occupy the threads that
 * names are resolved and snapshots written with, of which a process has four, and a read of a disk that is away can't be
 * ended: so that a dead disk takes some of them and never all.
 */
export class FewAtOnce {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.underWay < this.limit) this.underWay += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await act();
    } finally {
      // The next one has this one's place.
      const next = this.waiting.shift();
      if (next === undefined) this.underWay -= 1;
      else next();
    }
  }
}
