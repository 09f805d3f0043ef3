import CliTable from 'cli-table3';
import { printable } from './style.js';

const none = '';
const borderless = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '   ',
};

export type Cell = string | number | boolean | null | undefined;

/** Columns aligned as kubectl's are: capitals above, three blanks between, `<none>` for what is absent. */
export function renderTable(head: readonly string[], rows: readonly (readonly Cell[])[], showHead = true): string {
  const table = new CliTable({
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  if (showHead) table.push(head.map((name) => name.toUpperCase()));
  for (const row of rows) table.push(row.map(cellText));
  const text = table.toString();
  return text === '' ? '' : `${text.replace(/[ \t]+$/gm, '')}\n`;
}

function cellText(cell: Cell): string {
  return cell === null || cell === undefined || cell === '' ? '<none>' : printable(String(cell));
}
