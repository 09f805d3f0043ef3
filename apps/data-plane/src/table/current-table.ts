import { Listeners } from '../events/listeners.js';
import type { Table } from './table.js';
import type { TableHolder, TableView } from './table-view.js';

/** The one reference that a swap replaces. */
export class CurrentTable implements TableHolder {
  private table: Table | undefined;
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

  swap(next: Table): void {
    const previous = this.table;
    this.table = next;
    this.listeners.call(next, previous);
  }
}
