import type { Credentials } from '#libs/control-protocol';
import type { SecretValue } from '../cache/secret-values.js';

/**
 * What a data plane must be told so that it holds just the credentials that the table names; undefined: nothing.
 * `known`: version by id that it was told on this connection; undefined: nothing yet, so it may hold anything.
 */
export function credentialDifference(
  known: ReadonlyMap<string, string> | undefined,
  named: Iterable<string>,
  valueOf: (id: string) => SecretValue | undefined,
): { readonly message: Credentials; readonly known: ReadonlyMap<string, string> } | undefined {
  const next = new Map<string, string>();
  const values: { id: string; version: string; value: string }[] = [];
  for (const id of named) {
    const secret = valueOf(id);
    if (!secret) continue;
    next.set(id, secret.version);
    if (known?.get(id) !== secret.version) values.push({ id, ...secret });
  }
  const revoked = [...(known?.keys() ?? [])].filter((id) => !next.has(id));
  if (known && values.length === 0 && revoked.length === 0) return undefined;
  return { message: { type: 'credentials', complete: known === undefined, values, revoked }, known: next };
}
