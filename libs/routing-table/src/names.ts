import type { EntryKind, EntryName } from './entries.js';

/** One string for an entry's kind and key. Unambiguous, because no kind contains a slash. */
export function entryId(kind: EntryKind, key: string): string {
  return `${kind}/${key}`;
}

/** The inverse of `entryId`. */
export function entryName(id: string): EntryName {
  const slash = id.indexOf('/');
  return { kind: id.slice(0, slash) as EntryKind, key: id.slice(slash + 1) };
}
