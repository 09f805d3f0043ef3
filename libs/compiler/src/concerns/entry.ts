import { canonicalJson, type Entry, type EntryKind, entryKinds, type EntryTypes } from '#libs/routing-table';

/** Writes a value as an entry. Throws for what has no canonical form. */
export function encodeEntry<Kind extends EntryKind>(kind: Kind, key: string, value: EntryTypes[Kind]): Entry {
  return { kind, key, bytes: canonicalJson(value) };
}

export function byKindAndKey(left: Entry, right: Entry): number {
  return entryKinds.indexOf(left.kind) - entryKinds.indexOf(right.kind) || compareText(left.key, right.key);
}

/** By UTF-16 code units: the same on every machine, unlike a locale's order. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
