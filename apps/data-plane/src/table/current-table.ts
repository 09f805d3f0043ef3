import { Listeners } from '../events/listeners.js';
import type { Table } from './table.js';
import type { TableHolder, TableView } from './table-view.js';

/** The one reference that a swap replaces. */
export class CurrentTable implements TableHolder {
  private table: Table | undefined;
  private prepared: Table | undefined;
  private readonly preparations: ((next: TableView) => void)[] = [];
  private readonly listeners: Listeners<[next: TableView, previous: TableView | undefined]>;

  /** `onFault`: called with what a listener throws. The swap has happened all the same. */
  constructor(onFault?: (error: unknown) => void) {
    this.listeners = new Listeners(onFault);
  }

  get current(): Table | undefined {
    return this.table;
  }

  onSwap(listener: (next: TableView, previous: TableView | undefined) => void): void {
    this.listeners.add(listener);
  }

  onPrepare(listener: (next: TableView) => void): void {
    this.preparations.push(listener);
  }

  /** Throws what a part throws that can't serve from it. Nothing has changed by then, nor before the swap. */
  prepare(next: Table): void {
    for (const listener of this.preparations) listener(next);
    this.prepared = next;
  }

  swap(next: Table): void {
    if (this.prepared !== next) this.prepare(next);
    this.prepared = undefined;
    const previous = this.table;
    this.table = next;
    this.listeners.call(next, previous);
  }
}
