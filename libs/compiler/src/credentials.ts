import type { EffectivePoolKey } from '#libs/resources';
import type { CredentialEntry } from '#libs/routing-table';
import type { CompileInput } from './compile-types.js';
import type { DraftEntry } from './draft-entry.js';

/** Id of a Secret's entry as a credential. A colon can't stand in a namespace, so the three forms never meet. */
export function secretCredentialId(namespace: string, secret: string, key: string): string {
  return `${namespace}/${secret}/${key}`;
}

/** `namespace`: of the key pool. */
export function credentialIdOf({ secretKeyRef, env, file }: EffectivePoolKey['valueFrom'], namespace: string): string {
  if (env !== undefined) return `env:${env}`;
  if (file !== undefined) return `file:${file}`;
  return secretCredentialId(namespace, secretKeyRef!.name, secretKeyRef!.key);
}

/** In place of an entry's name, which is never empty: a problem of the whole Secret, whatever its entries are. */
export const ANY_ENTRY = '';

export type ResolvedSource = { readonly entry: CredentialEntry } | { readonly missing: string };

/**
 * Where a key's value is. A Secret's entry must be there; whether a variable or a file is, only a data plane can know,
 * and says in its status. `namespace`: of the key pool.
 */
export function resolveSource(
  { valueFrom }: EffectivePoolKey,
  namespace: string,
  { credentialVersions, credentialProblems }: CompileInput,
): ResolvedSource {
  const { secretKeyRef, env, file } = valueFrom;
  const id = credentialIdOf(valueFrom, namespace);
  if (env !== undefined) return { entry: { id, source: { type: 'Env', name: env } } };
  if (file !== undefined) return { entry: { id, source: { type: 'File', path: file } } };
  const { name, key } = secretKeyRef!;
  const version = credentialVersions.get(id);
  const problem =
    credentialProblems?.get(id) ?? credentialProblems?.get(secretCredentialId(namespace, name, ANY_ENTRY));
  if (problem !== undefined) return { missing: `entry "${key}" of Secret ${namespace}/${name} ${problem}` };
  if (version === undefined) return { missing: `Secret ${namespace}/${name} with an entry "${key}" doesn't exist` };
  return { entry: { id, source: { type: 'Secret', version } } };
}

/** One entry a credential, however many keys use it. */
export function credentialDrafts(credentials: Iterable<CredentialEntry>): DraftEntry[] {
  const byId = new Map<string, CredentialEntry>();
  for (const credential of credentials) byId.set(credential.id, credential);
  return [...byId.values()].map((value) => ({ kind: 'Credential', key: value.id, value }));
}
