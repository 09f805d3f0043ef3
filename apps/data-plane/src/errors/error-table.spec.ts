import { errorTable } from './error-table.js';

it.each(Object.entries(errorTable))('%s: a status that says what is retryable', (_code, { status, retryable }) => {
  expect(status).toBeGreaterThanOrEqual(400);
  if (status === 429 || status === 503 || status === 504) expect(retryable).toBe(true);
  if (status === 400 || status === 401 || status === 403 || status === 404) expect(retryable).toBe(false);
});
