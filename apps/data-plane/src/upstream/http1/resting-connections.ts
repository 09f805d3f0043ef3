import type { Clock } from '#libs/clock';

/** A rest ends within this, and the resolution of a timer. */
const REST_MS = 1;

/** Something that reads nothing for a while. */
export interface Resting {
  wake(): void;
}

/** Connections that rest from reading. One timer wakes them all, so a rest is often shorter than it. */
export class RestingConnections {
  private readonly clock: Clock;
  private resting: Resting[] = [];
  /** The list of the last time, empty: the two are used in turn. */
  private spare: Resting[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Not one that rests already. */
  add(connection: Resting): void {
    if (this.resting.push(connection) === 1) this.clock.after(REST_MS, this.wakeAll);
  }

  private readonly wakeAll = (): void => {
    const { resting } = this;
    this.resting = this.spare;
    for (const connection of resting) connection.wake();
    resting.length = 0;
    this.spare = resting;
  };
}
