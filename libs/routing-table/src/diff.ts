import type { Entry, EntryName } from './entries.js';
import { entryId, entryName } from './names.js';

/** What turns one set of entries into another. */
export interface TableDelta {
  readonly upserts: readonly Entry[];
  readonly removals: readonly EntryName[];
}

/** Both lists are sorted by entry id, so that equal changes look equal. */
export function diffEntries(before: Iterable<Entry>, after: Iterable<Entry>): TableDelta {
  const left = new Map<string, Entry>();
  for (const entry of before) left.set(entryId(entry.kind, entry.key), entry);
  const upserts = new Map<string, Entry>();
  for (const entry of after) {
    const id = entryId(entry.kind, entry.key);
    const previous = left.get(id);
    left.delete(id);
    if (!previous || Buffer.compare(previous.bytes, entry.bytes) !== 0) upserts.set(id, entry);
  }
  return {
    upserts: [...upserts.keys()].sort().map((id) => upserts.get(id)!),
    removals: [...left.keys()].sort().map(entryName),
  };
}
