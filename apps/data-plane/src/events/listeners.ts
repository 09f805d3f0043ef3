/**
 * Who is called on a change, in the order in which they came. One that throws is a defect of ours: it goes to `onFault`, and keeps
 * the change from none of the others, nor whoever made it from going on.
 */
export class Listeners<Arguments extends readonly unknown[] = []> {
  private readonly all: ((...change: Arguments) => void)[] = [];

  constructor(private readonly onFault: (error: unknown) => void = throwLater) {}

  add(listener: (...change: Arguments) => void): void {
    this.all.push(listener);
  }

  call(...change: Arguments): void {
    for (const listener of this.all) {
      try {
        listener(...change);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}

/** Nobody asked for faults: then they are what any unexpected error is. */
function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
