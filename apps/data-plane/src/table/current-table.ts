import type { Table } from './table.js';
import type { TableHolder, TableView } from './table-view.js';

type SwapListener = (next: TableView, previous: TableView | undefined) => void;

/** The one reference that a swap replaces. */
export class CurrentTable implements TableHolder {
  private table: Table | undefined;
  private readonly listeners: SwapListener[] = [];

  get current(): Table | undefined {
    return this.table;
  }

  onSwap(listener: SwapListener): void {
    this.listeners.push(listener);
  }

  swap(next: Table): void {
    const previous = this.table;
    this.table = next;
    for (const listener of this.listeners) listener(next, previous);
  }
}
