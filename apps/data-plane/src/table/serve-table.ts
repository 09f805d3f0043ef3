import type { Credentials } from '../credentials/credentials.js';
import type { CurrentTable } from './current-table.js';
import type { Table } from './table.js';

export interface Serving {
  readonly current: CurrentTable;
  readonly credentials: Credentials;
}

/**
 * From now on this table is served. What it names of this data plane's own environment is read before; then credentials
 * and table change in one turn, so that no attempt sees the one without the other. What can't serve it says so before
 * anything has changed.
 */
export async function serveTable(next: Table, { current, credentials }: Serving): Promise<void> {
  const own = await credentials.read(next.localCredentials.values());
  current.prepare(next);
  credentials.serve(next.streamCredentials, own);
  current.swap(next);
}
