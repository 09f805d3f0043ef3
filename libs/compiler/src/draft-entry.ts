import { canonicalJson, type Entry, type EntryKind, entryKinds, type EntryTypes } from '#libs/routing-table';

/** An entry before it is written as bytes. */
export type DraftEntry = {
  [Kind in EntryKind]: { readonly kind: Kind; readonly key: string; readonly value: EntryTypes[Kind] };
}[EntryKind];

export function encodeEntries(drafts: readonly DraftEntry[]): Entry[] {
  return drafts
    .map(({ kind, key, value }) => ({ kind, key, bytes: canonicalJson(value) }))
    .sort((left, right) => byKind(left, right) || compareText(left.key, right.key));
}

function byKind(left: Entry, right: Entry): number {
  return entryKinds.indexOf(left.kind) - entryKinds.indexOf(right.kind);
}

/** By UTF-16 code units: the same on every machine, unlike a locale's order. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
