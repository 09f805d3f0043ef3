import type { Clock } from '#libs/clock';
import { type CredentialHealth, RECHECK_MS } from './credential-health.js';
import type { Sweepable } from './identity-map.js';
import { SlicedWork } from './sliced-work.js';

/** A table in use: names what of the state it needs. */
interface TableInUse {
  readonly view: { identities(): Iterable<string> };
}

/** The current table, and those that requests still hold. */
export interface TablesInUse {
  readonly current: TableInUse | undefined;
  readonly live: Iterable<TableInUse>;
}

type PausedCredentials = Pick<CredentialHealth, 'hasPaused' | 'recheck'>;

const SWEEP_EVERY_MS = 60_000;

/** What is done beside the requests: forgetting state that no table names, and looking for new values of paused credentials. */
export class Upkeep {
  private readonly clock: Clock;
  private readonly tables: TablesInUse;
  private readonly credentials: PausedCredentials;
  private readonly maps: readonly Sweepable[];
  private readonly sweeping: SlicedWork;
  private readonly rechecking: SlicedWork;
  /** Tables of the sweep under way whose names are yet to be collected. */
  private uncollected: TableInUse[] = [];
  private sweepDue = true;
  private nextSweepMs: number;

  constructor(clock: Clock, tables: TablesInUse, credentials: PausedCredentials, maps: readonly Sweepable[]) {
    this.clock = clock;
    this.tables = tables;
    this.credentials = credentials;
    this.maps = maps;
    this.sweeping = new SlicedWork(clock);
    this.rechecking = new SlicedWork(clock);
    this.nextSweepMs = clock.nowMs() + SWEEP_EVERY_MS;
  }

  start(): void {
    this.clock.after(RECHECK_MS, this.tick);
  }

  /** New values travel before the table that names them, so they are there now. */
  swapped(): void {
    this.sweepDue = true;
    const { current } = this.tables;
    // A sweep under way must not drop what the new table has just begun to use.
    if (current !== undefined && this.sweeping.isUnderWay) this.uncollected.push(current);
    this.rechecking.begin(this.credentials.recheck(this.clock.nowMs()));
  }

  private readonly tick = (): void => {
    const { clock, credentials, rechecking, sweeping } = this;
    if (credentials.hasPaused && !rechecking.isUnderWay) rechecking.begin(credentials.recheck(clock.nowMs()));
    if (this.sweepDue && clock.nowMs() >= this.nextSweepMs) {
      this.sweepDue = false;
      this.nextSweepMs = Infinity;
      sweeping.begin(this.sweep());
    }
    this.start();
  };

  /** First all names, then what is kept is held against them. */
  private *sweep(): IterableIterator<void> {
    const named = new Set<string>();
    this.uncollected = [...this.tables.live];
    yield* this.collect(named);
    for (const map of this.maps) {
      for (const look of map.sweep(named, this.clock.nowMs())) {
        yield look;
        yield* this.collect(named);
      }
    }
    // A superseded table that a request still holds will be let go without a further swap.
    if ([...this.tables.live].length > 1) this.sweepDue = true;
    // What is unnamed now must be looked at again when its time is over, whether or not a table changes.
    if (this.maps.some((map) => map.hasUnnamed)) this.sweepDue = true;
    this.nextSweepMs = this.clock.nowMs() + SWEEP_EVERY_MS;
  }

  private *collect(named: Set<string>): IterableIterator<void> {
    for (let table = this.uncollected.pop(); table !== undefined; table = this.uncollected.pop()) {
      for (const name of table.view.identities()) yield void named.add(name);
    }
  }
}
