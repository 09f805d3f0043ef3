import type { Clock } from '#libs/clock';

/** Steps before the event loop gets its turn. */
const SLICE = 500;

/** Work that goes over everything there is, in slices: requests run between them. The first slice is done at once. */
export class SlicedWork {
  private readonly clock: Clock;
  private steps: Iterator<void> | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get isUnderWay(): boolean {
    return this.steps !== undefined;
  }

  /** What was under way is left off. */
  begin(steps: Iterator<void>): void {
    this.steps = steps;
    this.goOn(steps);
  }

  private goOn(steps: Iterator<void>): void {
    for (let step = 0; step < SLICE; step += 1) {
      if (this.steps !== steps) return;
      if (this.isOver(steps)) {
        this.steps = undefined;
        return;
      }
    }
    this.clock.after(0, () => this.goOn(steps));
  }

  private isOver(steps: Iterator<void>): boolean {
    try {
      return steps.next().done === true;
    } catch (error) {
      // A generator that has thrown is over; the next one may begin.
      this.steps = undefined;
      throw error;
    }
  }
}
