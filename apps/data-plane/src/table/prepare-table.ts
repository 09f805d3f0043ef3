import { SCHEMA_VERSION, type Entry, type EntryName } from '#libs/routing-table';
import { ContentEditor } from './content-editor.js';
import { StoredEntry } from './stored-entry.js';
import { Table } from './table.js';
import { emptyContent } from './table-content.js';
import { TimeSlices } from './time-slices.js';
import { unknownWord } from './unknown-word.js';

/** Why a table can't be served: one line for people, which becomes the NACK's reason. */
export class TableRejectedError extends Error {
  override readonly name = 'TableRejectedError';
}

export interface TableChange {
  /** The table that the change is relative to; absent: a full table. */
  readonly base?: Table;
  /** Only with a full table. */
  readonly schemaVersion?: number;
  readonly revision: number;
  /** What the change must come to. */
  readonly version: string;
  readonly upserts: Iterable<Entry>;
  readonly removals: readonly EntryName[];
}

export interface Preparation {
  /** Those of providers that can be spoken here; absent: any. */
  readonly dialects?: readonly string[];
  readonly slices?: TimeSlices;
}

/**
 * Makes the table ready to serve, or throws a TableRejectedError with nothing changed: digests first, then every entry that comes
 * is parsed once, indexed, and its references are followed. Yields to the event loop every few milliseconds.
 */
export async function prepareTable(
  change: TableChange,
  { dialects, slices = new TimeSlices() }: Preparation = {},
): Promise<Table> {
  const schemaVersion = change.base?.content.digest.schemaVersion ?? change.schemaVersion ?? SCHEMA_VERSION;
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new TableRejectedError(
      `schema version ${schemaVersion} is unknown here (this data plane reads ${SCHEMA_VERSION})`,
    );
  }
  const content = change.base?.content ?? emptyContent(schemaVersion);
  const upserts = Array.from(change.upserts, ({ kind, key, bytes }) => new StoredEntry(kind, key, bytes));

  const digests = content.digest.edit();
  for (const name of change.removals) digests.remove(name);
  for (const entry of upserts) {
    digests.put(entry);
    if (slices.due) await slices.yield();
  }
  const digest = digests.commit();
  if (digest.version !== change.version) {
    throw new TableRejectedError(`version mismatch: told ${change.version}, the entries come to ${digest.version}`);
  }

  const editor = new ContentEditor(content);
  for (const name of [...change.removals, ...upserts]) {
    editor.drop(name);
    if (slices.due) await slices.yield();
  }
  for (const entry of upserts) {
    add(editor, entry, dialects);
    if (slices.due) await slices.yield();
  }
  const dangling = editor.danglingReference();
  if (dangling) throw new TableRejectedError(dangling);
  return new Table(editor.freeze(digest), change.revision);
}

function add(editor: ContentEditor, entry: StoredEntry, dialects: readonly string[] | undefined): void {
  let unknown: string | undefined;
  try {
    unknown = unknownWord(entry.kind, editor.add(entry), dialects);
  } catch (error) {
    // The cause may quote the entry, whose bytes are the operator's; what is wrong and where is enough.
    const fault = error instanceof SyntaxError ? 'is not JSON' : 'lacks what its kind calls for';
    throw new TableRejectedError(`${entry.kind} ${entry.key} ${fault}`, { cause: error });
  }
  if (unknown === undefined) return;
  throw new TableRejectedError(`${entry.kind} ${entry.key} asks for ${unknown}: a newer data plane may know it`);
}
