import type {
  BackendAuth,
  BackendEntry,
  CredentialEntry,
  EntryKind,
  EntryTypes,
  KeyPoolEntry,
  RetryRule,
  RouteEntry,
} from '#libs/routing-table';

type Words<Word extends string> = Readonly<Record<Word, true>>;

const auths: Words<BackendAuth['type']> = { Bearer: true, Header: true, None: true };
const selections: Words<KeyPoolEntry['selection']> = { WeightedRandom: true, RoundRobin: true, LeastInFlight: true };
const whenExhausted: Words<KeyPoolEntry['onExhausted']['type']> = { Fallback: true, Queue: true, Fail: true };
const sources: Words<CredentialEntry['source']['type']> = { Secret: true, Env: true, File: true };
const nexts: Words<RetryRule['next']> = { SameBackend: true, NextKey: true, NextBackend: true };

const SHOWN = 64;

/**
 * What a newer control plane may ask for and this build can't do, told for people; undefined: nothing. A request would
 * find out too late, and with each of its attempts. Throws a TypeError if the value has not its kind's shape.
 */
export function unknownWord(
  kind: EntryKind,
  value: EntryTypes[EntryKind],
  dialects: readonly string[] | undefined,
): string | undefined {
  switch (kind) {
    case 'Backend':
      return ofBackend(value as BackendEntry, dialects);
    case 'KeyPool':
      return ofPool(value as KeyPoolEntry);
    case 'Credential':
      return unless(sources, 'source', (value as CredentialEntry).source.type);
    case 'Route':
      return ofRoute(value as RouteEntry);
    default:
      return undefined;
  }
}

function ofBackend({ dialect, auth, baseURL }: BackendEntry, dialects: readonly string[] | undefined) {
  if (dialects !== undefined && !dialects.includes(dialect)) {
    return `the dialect ${shown(dialect)} (known: ${dialects.join(', ')})`;
  }
  if (!URL.canParse(baseURL)) return `the base URL ${shown(baseURL)}`;
  return unless(auths, 'auth type', auth.type);
}

function ofPool({ selection, onExhausted }: KeyPoolEntry): string | undefined {
  return unless(selections, 'selection', selection) ?? unless(whenExhausted, 'onExhausted type', onExhausted.type);
}

function ofRoute({ retry }: RouteEntry): string | undefined {
  for (const { next } of retry.rules) {
    const unknown = unless(nexts, 'next step after a failure', next);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

function unless(known: Words<string>, what: string, word: string): string | undefined {
  return Object.hasOwn(known, word)
    ? undefined
    : `the ${what} ${shown(word)} (known: ${Object.keys(known).join(', ')})`;
}

function shown(word: unknown): string {
  return JSON.stringify(String(word).slice(0, SHOWN));
}
