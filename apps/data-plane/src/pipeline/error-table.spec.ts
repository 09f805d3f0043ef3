import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from './error-table.js';

/** The rows of the page's table, cells trimmed and code marks taken off. */
function documentedRows(): string[][] {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/errors.md'), 'utf8');
  return page
    .split('\n')
    .map((line) => line.split('|').slice(1, -1))
    .filter((cells) => cells.length === 5 && /^\s*`/.test(cells[0] ?? ''))
    .map((cells) => cells.map((cell) => cell.trim()));
}

const tableRows = Object.entries(errorTable).map(([code, { status, retryable, type, remedy }]) => [
  `\`${code}\``,
  String(status),
  retryable ? 'yes' : 'no',
  `\`${type}\``,
  remedy,
]);

it('docs/errors.md documents every error, and only those', () => {
  expect(documentedRows()).toEqual(tableRows);
});

it.each(Object.entries(errorTable))('%s: a status that says what is retryable', (_code, { status, retryable }) => {
  expect(status).toBeGreaterThanOrEqual(400);
  if (status === 429 || status === 503 || status === 504) expect(retryable).toBe(true);
  if (status === 400 || status === 401 || status === 403 || status === 404) expect(retryable).toBe(false);
});
