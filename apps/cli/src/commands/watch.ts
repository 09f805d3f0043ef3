import type { KindDefinition } from '#libs/apimachinery';
import type { AdminClient } from '../client/admin-client.js';
import { serverError } from '../client/server-error.js';
import type { CliContext } from '../context.js';
import { renderServerTable, tableAccept } from '../output/server-table.js';
import type { ServerTable } from '../output/server-table.js';
import { requestFor, tableOptions } from './get-request.js';
import type { GetOptions } from './get-request.js';

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: ServerTable & { readonly code?: number };
}

/** The table as it is, then a row for each change, until Ctrl-C. Throws a ServerError where the server ends the watch. */
export async function watchTable(
  context: CliContext,
  client: AdminClient,
  kind: KindDefinition,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { path, query } = requestFor(kind, undefined, options);
  const selection = { ...query, fieldSelector: name === undefined ? undefined : `metadata.name=${name}` };
  const list = await client.json<ServerTable>({ path, query: selection, accept: tableAccept });
  const shown = tableOptions(kind, options);
  context.stdout.write(renderServerTable(list, shown));
  try {
    const events = await client.lines({
      path,
      query: { ...selection, watch: 'true', resourceVersion: list.metadata?.resourceVersion },
      accept: tableAccept,
      signal: context.interrupted,
    });
    for await (const line of events) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type === 'ERROR') throw serverError(object.code ?? 500, JSON.stringify(object));
      if (type === 'BOOKMARK') continue;
      context.stdout.write(renderServerTable(object, { ...shown, showHead: false }, list.columnDefinitions));
    }
  } catch (error) {
    if (!context.interrupted.aborted) throw error;
  }
}
