import { renderTable } from './table.js';
import type { Cell } from './table.js';

/** A meta.k8s.io/v1 Table, as far as it is printed: the server knows a kind's columns, the CLI only sets them. */
export interface ServerTable {
  readonly kind: 'Table';
  readonly metadata?: { readonly resourceVersion?: string };
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly {
    readonly cells: readonly Cell[];
    readonly object?: { readonly metadata?: { readonly namespace?: string } };
  }[];
}

/** What to ask a server for to be answered with a Table. */
export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface ServerTableOptions {
  /** Columns with a priority too. */
  readonly wide: boolean;
  /** With the namespace in front, for lists over all of them. */
  readonly showNamespace: boolean;
  /** False for the rows of a watch that follow a printed table. */
  readonly showHead: boolean;
}

/** `columns`: of the table that these rows belong to, where a watch event repeats none. */
export function renderServerTable(
  table: ServerTable,
  options: ServerTableOptions,
  columns = table.columnDefinitions ?? [],
): string {
  const shown = columns.flatMap((column, index) => (options.wide || !column.priority ? [index] : []));
  const head = shown.map((index) => columns[index]?.name ?? '');
  const rows = table.rows.map((row) => shown.map((index) => row.cells[index]));
  if (!options.showNamespace) return renderTable(head, rows, options.showHead);
  const namespaced = rows.map((row, index) => [table.rows[index]?.object?.metadata?.namespace, ...row]);
  return renderTable(['Namespace', ...head], namespaced, options.showHead);
}
