import { entryId, type EntryKind, type EntryTypes } from '#libs/routing-table';

/** Ids of the entries that this one cannot do without. Throws a TypeError if the value has not its kind's shape. */
export function referencesOf<Kind extends EntryKind>(kind: Kind, value: EntryTypes[Kind]): string[] {
  return collectors[kind](value).map(([target, key]) => entryId(target, key));
}

type Reference = readonly [EntryKind, string];

const collectors: { readonly [Kind in EntryKind]: (value: EntryTypes[Kind]) => Reference[] } = {
  Match: ({ candidates }) => candidates.map(({ route }) => ['Route', route]),
  Route: ({ rules }) =>
    rules.flatMap(({ backends, fallbacks }) =>
      [...backends, ...fallbacks.flatMap((fallback) => fallback.backends)].map(({ backend }): Reference => [
        'Backend',
        backend,
      ]),
    ),
  Backend: ({ keyPool }) => [['KeyPool', keyPool]],
  KeyPool: ({ keys }) => keys.map(({ credential }) => ['Credential', credential]),
  Credential: () => [],
  Consumer: () => [],
};
