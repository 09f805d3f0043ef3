import type { Clock } from '#libs/clock';
import { type CredentialHealth, RECHECK_MS } from './credential-health.js';
import type { Sweepable } from './identity-map.js';

/** A table in use: names what of the state it needs. */
interface TableInUse {
  readonly view: { identities(): Iterable<string> };
}

/** The current table, and those that requests still hold. */
export interface TablesInUse {
  readonly current: TableInUse | undefined;
  readonly live: Iterable<TableInUse>;
}

const SWEEP_EVERY_MS = 60_000;
/** Identities looked at before the event loop gets its turn. */
const SLICE = 2_000;

/** What is done beside the requests: forgetting state that no table names, and looking for new values of paused credentials. */
export class Upkeep {
  private readonly clock: Clock;
  private readonly tables: TablesInUse;
  private readonly credentials: CredentialHealth;
  private readonly maps: readonly Sweepable[];
  private sweepDue = true;
  /** The names that the sweep under way has yet to collect, by table; undefined: none is under way. */
  private uncollected: Iterator<string>[] | undefined = undefined;
  private nextSweepMs: number;

  constructor(clock: Clock, tables: TablesInUse, credentials: CredentialHealth, maps: readonly Sweepable[]) {
    this.clock = clock;
    this.tables = tables;
    this.credentials = credentials;
    this.maps = maps;
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
    if (current !== undefined) this.uncollected?.push(namesOf(current));
    this.credentials.recheck(this.clock.nowMs());
  }

  private readonly tick = (): void => {
    if (this.credentials.hasPaused) this.credentials.recheck(this.clock.nowMs());
    if (this.sweepDue && this.clock.nowMs() >= this.nextSweepMs) this.beginSweep();
    this.start();
  };

  private beginSweep(): void {
    this.nextSweepMs = Infinity;
    this.sweepDue = false;
    this.uncollected = Array.from(this.tables.live, namesOf);
    this.collect(this.uncollected, new Set());
  }

  /** A table of 100,000 entries takes many slices; requests run between them. */
  private collect(tables: Iterator<string>[], named: Set<string>): void {
    for (let seen = 0; seen < SLICE; seen += 1) {
      const next = tables.at(-1)?.next();
      if (next === undefined) {
        this.uncollected = undefined;
        this.sweep(named);
        return;
      }
      if (next.done === true) tables.pop();
      else named.add(next.value);
    }
    this.clock.after(0, () => this.collect(tables, named));
  }

  private sweep(named: ReadonlySet<string>): void {
    const nowMs = this.clock.nowMs();
    // A superseded table that a request still holds will be let go without a further swap.
    if ([...this.tables.live].length > 1) this.sweepDue = true;
    for (const map of this.maps) {
      map.sweep(named, nowMs);
      // What is unnamed now must be looked at again when its time is over, whether or not a table changes.
      if (map.hasUnnamed) this.sweepDue = true;
    }
    this.nextSweepMs = nowMs + SWEEP_EVERY_MS;
  }
}

function namesOf(table: TableInUse): Iterator<string> {
  return table.view.identities()[Symbol.iterator]();
}
